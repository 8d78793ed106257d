/* access.c -- lists of networks read and looked through. */
#include "policy/access.h"

#include <string.h>

#include "muster/directive.h"
#include "policy/host.h"

/* --- options --- */

static int read_network(const struct muster_setting *setting, const struct muster_item *item,
                        struct muster_network *network)
{
	if (item->key.data)
		return muster_setting_refuse_key(setting, item->key, "none, it is a list");
	if (item->value.kind != MUSTER_STRING || muster_network_read_exactly(item->value.text, network) != MUSTER_OK)
		return muster_setting_refuse(setting, &item->value,
		                             "an address such as \"192.0.2.7\" or a network such as \"2001:db8::/32\"");
	return MUSTER_OK;
}

static int set_networks(const struct muster_setting *setting, struct muster_networks *networks)
{
	struct muster_network *list;
	int error = MUSTER_OK;

	if (setting->value->kind != MUSTER_TABLE)
		return muster_setting_refuse(setting, setting->value, "a list of addresses and networks");
	list = muster_arena_take(&setting->host->arena, (setting->value->count + 1) * sizeof(*list));
	if (!list)
		return MUSTER_NO_MEMORY;
	for (size_t i = 0; i < setting->value->count && error == MUSTER_OK; i++)
		error = read_network(setting, &setting->value->items[i], &list[i]);
	*networks = (struct muster_networks){ list, error == MUSTER_OK ? setting->value->count : 0 };
	return error;
}

int muster_access_set_allowed(const struct muster_setting *setting)
{
	return set_networks(setting, &setting->host->access.allowed);
}

int muster_access_set_blocked(const struct muster_setting *setting)
{
	return set_networks(setting, &setting->host->access.blocked);
}

int muster_access_set_only(const struct muster_setting *setting)
{
	return muster_setting_boolean(setting, setting->value, &setting->host->access.only_allowed);
}

int muster_access_set_dns_lists(const struct muster_setting *setting)
{
	struct muster_access *access = &setting->host->access;
	struct muster_item one = { .value = *setting->value };
	struct muster_value list = { .kind = MUSTER_TABLE, .items = &one, .count = 1 };

	return muster_setting_texts(setting, setting->value->kind == MUSTER_STRING ? &list : setting->value,
	                            &access->dns_lists, &access->dns_list_count);
}

/* --- looking --- */

static const struct muster_network *find_configured(const struct muster_networks *networks,
                                                    const struct muster_network *address)
{
	for (size_t i = 0; i < networks->count; i++)
		if (muster_network_holds(&networks->list[i], address))
			return &networks->list[i];
	return NULL;
}

/* One look for every length of prefix, however many directives there are. */
int muster_access_ordered(const struct muster_host *host, struct muster_transaction *transaction,
                          struct muster_text kind, const struct muster_network *address, int64_t now_s,
                          char entry[MUSTER_NETWORK_TEXT])
{
	int error = transaction ? muster_directive_any(transaction, host->name, kind) : MUSTER_NOT_FOUND;

	if (error != MUSTER_OK)
		return error;
	for (int bits = address->bits; bits >= 0; bits--) {
		struct muster_network around = muster_network_around(address, (uint8_t)bits, (uint8_t)bits);
		struct muster_directive directive;

		error = muster_directive_get(transaction, host->name, kind, muster_network_text(&around, entry), now_s,
		                             &directive);
		if (error == MUSTER_NOT_FOUND)
			continue;
		muster_directive_clear(&directive);
		return error;
	}
	return MUSTER_NOT_FOUND;
}

int muster_access_find(const struct muster_host *host, struct muster_transaction *transaction, struct muster_text kind,
                       const struct muster_network *address, int64_t now_s, char entry[MUSTER_NETWORK_TEXT])
{
	const struct muster_networks *configured =
		muster_text_is_c(kind, "allow") ? &host->access.allowed : &host->access.blocked;
	const struct muster_network *found = find_configured(configured, address);

	if (found) {
		muster_network_text(found, entry);
		return MUSTER_OK;
	}
	return muster_access_ordered(host, transaction, kind, address, now_s, entry);
}
