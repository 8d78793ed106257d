/* skeleton.c -- ICU's skeletons, by one checker that all threads share. */
#include "credential/skeleton.h"

#include <pthread.h>
#include <stdio.h>
#include <unicode/uchar.h>
#include <unicode/uspoof.h>
#include <unicode/uversion.h>

#include "credential/wide.h"
#include "muster/error.h"
#include "muster/preparation.h"

/* In units at the worst: U+FDFA, which no name holds, has 18. */
enum { GROWTH = 18 };

/* Opened with the first name and kept. Not by pthread_once: where there was no memory for it, there may be later. */
static pthread_mutex_t checker_lock = PTHREAD_MUTEX_INITIALIZER;
static USpoofChecker *checker;

static const USpoofChecker *take_checker(UErrorCode *status)
{
	const USpoofChecker *taken;

	pthread_mutex_lock(&checker_lock);
	if (!checker)
		checker = uspoof_open(status); /* NULL if it failed */
	taken = checker;
	pthread_mutex_unlock(&checker_lock);
	return taken;
}

static int map(const struct muster_wide *name, struct muster_wide *mapped)
{
	UErrorCode status = U_ZERO_ERROR;
	const USpoofChecker *taken = take_checker(&status);

	mapped->size = uspoof_getSkeleton(taken, 0, name->units, name->size, mapped->units, mapped->capacity, &status);
	return muster_wide_error(status);
}

int muster_skeleton(struct muster_text name, struct muster_buffer *skeleton)
{
	struct muster_wide wide = { 0 }, mapped = { 0 };
	int error = name.size > 0 && name.size <= MUSTER_NAME_MAX ? muster_wide_decode(&wide, name) : MUSTER_MALFORMED;

	if (error == MUSTER_OK)
		error = muster_wide_open(&mapped, wide.size * GROWTH);
	if (error == MUSTER_OK)
		error = map(&wide, &mapped);
	if (error == MUSTER_OK)
		error = muster_wide_encode(&mapped, skeleton);
	muster_wide_close(&mapped);
	muster_wide_close(&wide);
	if (error != MUSTER_OK)
		muster_buffer_clear(skeleton);
	return error == MUSTER_MALFORMED ? MUSTER_BAD_NAME : error;
}

/* Of the library that runs, not of the one whose headers were there. Mappings change between releases of ICU, too. */
const char *muster_skeleton_version(char version[MUSTER_SKELETON_VERSION_MAX])
{
	char icu[U_MAX_VERSION_STRING_LENGTH], unicode[U_MAX_VERSION_STRING_LENGTH];
	UVersionInfo info;

	u_getVersion(info);
	u_versionToString(info, icu);
	u_getUnicodeVersion(info);
	u_versionToString(info, unicode);
	snprintf(version, MUSTER_SKELETON_VERSION_MAX, "ICU %s, Unicode %s", icu, unicode);
	return version;
}
