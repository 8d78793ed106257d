/* error.c -- LMDB's and the system's error numbers made into ours. */
#include <errno.h>

#include "store/internal.h"

int muster_store_error(int code)
{
	switch (code) {
	case MDB_SUCCESS:
		return MUSTER_OK;
	case MDB_NOTFOUND:
		return MUSTER_NOT_FOUND;
	case MDB_KEYEXIST:
		return MUSTER_EXISTS;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return MUSTER_FULL;
	case MDB_READERS_FULL:
		return MUSTER_BUSY;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
		return MUSTER_CORRUPT;
	case MDB_VERSION_MISMATCH:
		return MUSTER_NEWER;
	case EACCES:
	case EPERM:
	case EROFS:
		return MUSTER_DENIED;
	case ENOTDIR:
		return MUSTER_NOT_A_DIRECTORY;
	case ENOMEM:
		return MUSTER_NO_MEMORY;
	default:
		return MUSTER_IO;
	}
}
