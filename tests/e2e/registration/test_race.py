"""Many streams want one name at the same instant."""

import concurrent.futures
import threading

from harness.xmpp import Client, error_of

STREAMS = 20
ROUNDS = 50


def outcome(reply):
    error = error_of(reply)
    return error[0] if error else reply.get("type")


def test_one_of_twenty_streams_gets_the_name(place):
    """R-077-44: exactly one result, nineteen conflicts, fifty times"""
    server = place.running(host=f"muster_stream_attempts = {ROUNDS}")
    start = threading.Barrier(STREAMS)

    def claim(client, number):
        start.wait()
        return outcome(client.register(f"wanted{number}", "secret"))

    with concurrent.futures.ThreadPoolExecutor(STREAMS) as pool:
        clients = list(pool.map(lambda _: Client(server.port), range(STREAMS)))
        for number in range(ROUNDS):
            results = list(pool.map(lambda client: claim(client, number), clients))
            assert sorted(results) == ["conflict"] * (STREAMS - 1) + ["result"], f"round {number}: {results}"
            winner = results.index("result")  # a stream makes one account
            clients[winner].close()
            clients[winner] = Client(server.port)
    for client in clients:
        client.close()
