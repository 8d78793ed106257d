"""Rows of an account store damaged, as a disk may."""

import ctypes
import ctypes.util

_MAX_DATABASES = 32
_SET_RANGE = 17  # the first key that is not less


class _Value(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_void_p)]


def _value(text):
    return _Value(len(text), ctypes.cast(ctypes.c_char_p(text), ctypes.c_void_p))


def _checked(code):
    assert code == 0, f"LMDB says {code}"


def damage(directory, database, key):
    """Cut a row short in a store that no server has open. `key` is what stands behind the host and its zero byte; for
    a part of it, the first row that begins with that."""
    lmdb = ctypes.CDLL(ctypes.util.find_library("lmdb"))
    environment, transaction, cursor = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    handle = ctypes.c_uint()
    _checked(lmdb.mdb_env_create(ctypes.byref(environment)))
    _checked(lmdb.mdb_env_set_maxdbs(environment, _MAX_DATABASES))
    _checked(lmdb.mdb_env_set_mapsize(environment, ctypes.c_size_t(1 << 30)))
    _checked(lmdb.mdb_env_open(environment, str(directory).encode(), 0, 0o600))
    _checked(lmdb.mdb_txn_begin(environment, None, 0, ctypes.byref(transaction)))
    _checked(lmdb.mdb_dbi_open(transaction, database.encode(), 0, ctypes.byref(handle)))
    _checked(lmdb.mdb_cursor_open(transaction, handle, ctypes.byref(cursor)))
    row, found = _value(b"localhost\0" + key.encode()), _Value()
    _checked(lmdb.mdb_cursor_get(cursor, ctypes.byref(row), ctypes.byref(found), _SET_RANGE))
    row = _value(ctypes.string_at(row.data, row.size))
    _checked(lmdb.mdb_put(transaction, handle, ctypes.byref(row), ctypes.byref(_value(b"\1\2\0\0")), 0))
    lmdb.mdb_cursor_close(cursor)
    _checked(lmdb.mdb_txn_commit(transaction))
    lmdb.mdb_env_close(environment)
