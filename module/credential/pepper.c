/* pepper.c -- peppers: reading their file, sealing and opening. */
#include "muster/pepper.h"

#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "muster/scram.h"

enum { FILE_MAX = 64 * 1024, KEY_SIZE = 32, NONCE_SIZE = 12, MAC_SIZE = 16 };

struct muster_pepper {
	const EVP_CIPHER *cipher;
	char id[MUSTER_PEPPER_ID_MAX + 1];
	uint8_t key[KEY_SIZE];
};

struct muster_peppers {
	EVP_CIPHER *cipher; /* found once: that takes longer than to use it */
	bool none;          /* in force is none of them */
	size_t count;
	struct muster_pepper list[MUSTER_PEPPERS_MAX];
};

/* --- reading --- */

struct reading {
	struct muster_peppers *peppers;
	const char *path;
	struct muster_failure *failure;
	size_t line;
};

static int complain(const struct reading *reading, const char *why)
{
	return muster_fail(reading->failure, MUSTER_BAD_OPTION, "the file of peppers %s, line %zu: %s", reading->path,
	                   reading->line, why);
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static struct muster_text trim(struct muster_text text)
{
	while (text.size > 0 && is_blank(text.data[text.size - 1]))
		text.size--;
	while (text.size > 0 && is_blank(text.data[0])) {
		text.data++;
		text.size--;
	}
	return text;
}

static struct muster_text cut_word(struct muster_text *rest)
{
	struct muster_text word = { rest->data, 0 };

	while (word.size < rest->size && !is_blank(word.data[word.size]))
		word.size++;
	*rest = trim((struct muster_text){ rest->data + word.size, rest->size - word.size });
	return word;
}

static bool is_id(struct muster_text id)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	for (size_t i = 0; i < id.size; i++)
		if (!memchr(allowed, id.data[i], sizeof(allowed) - 1))
			return false;
	return id.size > 0 && id.size <= MUSTER_PEPPER_ID_MAX;
}

static const char *fault(const struct muster_peppers *peppers, struct muster_text id, struct muster_text secret)
{
	if (!is_id(id))
		return "an id has 1 to 64 letters of ASCII, digits, dots, underscores and hyphens";
	if (muster_peppers_find(peppers, id))
		return "this id stands in the file already";
	if (secret.size < MUSTER_PEPPER_SECRET_MIN || secret.size > MUSTER_PEPPER_SECRET_MAX)
		return "behind the id belongs a secret of 32 to 1024 bytes";
	if (cut_word(&secret).size > 0 && secret.size > 0)
		return "a secret has no blanks in it";
	return peppers->count == MUSTER_PEPPERS_MAX ? "more than 32 peppers" : NULL;
}

static int take_line(const struct reading *reading, struct muster_text line)
{
	struct muster_peppers *peppers = reading->peppers;
	struct muster_text secret = line, id = cut_word(&secret);
	struct muster_pepper *pepper;
	const char *why;

	if (muster_text_is_c(id, "none")) {
		if (peppers->count > 0 || peppers->none || secret.size > 0)
			return complain(reading, "none stands alone, and before all peppers");
		peppers->none = true;
		return MUSTER_OK;
	}
	why = fault(peppers, id, secret);
	if (why)
		return complain(reading, why);
	pepper = &peppers->list[peppers->count++];
	pepper->cipher = peppers->cipher;
	memcpy(pepper->id, id.data, id.size);
	muster_hmac(MUSTER_SHA_256, secret, MUSTER_TEXT("Muster: keys at rest"), pepper->key);
	return MUSTER_OK;
}

static int take_lines(struct reading *reading, struct muster_text text)
{
	int error = MUSTER_OK;

	while (error == MUSTER_OK && text.size > 0) {
		const char *end = memchr(text.data, '\n', text.size);
		size_t size = end ? (size_t)(end - text.data) : text.size;
		struct muster_text line = trim((struct muster_text){ text.data, size });

		reading->line++;
		if (line.size > 0 && line.data[0] != '#')
			error = take_line(reading, line);
		size += end ? 1 : 0;
		text = (struct muster_text){ text.data + size, text.size - size };
	}
	if (error == MUSTER_OK && reading->peppers->count == 0)
		error = muster_fail(reading->failure, MUSTER_BAD_OPTION, "the file of peppers %s has none in it",
		                    reading->path);
	return error;
}

int muster_peppers_parse(struct muster_peppers **peppers, struct muster_text text, const char *path,
                         struct muster_failure *failure)
{
	struct reading reading = { .path = path, .failure = failure };
	int error = MUSTER_NO_MEMORY;

	*peppers = NULL;
	reading.peppers = muster_allocate_zeroed(1, sizeof(*reading.peppers));
	if (reading.peppers)
		reading.peppers->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (reading.peppers && reading.peppers->cipher)
		error = take_lines(&reading, text);
	else
		muster_fail(failure, error, "out of memory");
	if (error == MUSTER_OK)
		*peppers = reading.peppers;
	else
		muster_peppers_free(reading.peppers);
	return error;
}

void muster_peppers_free(struct muster_peppers *peppers)
{
	if (!peppers)
		return;
	EVP_CIPHER_free(peppers->cipher);
	muster_wipe(peppers, sizeof(*peppers));
	muster_free(peppers);
}

static const char *read_file(int descriptor, uint64_t size, char *bytes)
{
	struct stat status;

	if (fstat(descriptor, &status) == 0 && (status.st_mode & (S_IROTH | S_IWOTH)))
		return "everybody may read it or write to it; chmod o-rw it";
	if (size > FILE_MAX)
		return "is larger than 64 KiB";
	return muster_file_read(descriptor, bytes, (size_t)size, 0) ? NULL : "cannot be read";
}

int muster_peppers_load(struct muster_peppers **peppers, const char *path, struct muster_failure *failure)
{
	char bytes[FILE_MAX] = { 0 };
	const char *why;
	uint64_t size = 0;
	int descriptor = muster_file_open(path, &size, &why), error;

	*peppers = NULL;
	if (descriptor >= 0) {
		why = read_file(descriptor, size, bytes);
		close(descriptor);
	}
	error = why ? muster_fail(failure, MUSTER_BAD_OPTION, "the file of peppers %s: %s", path, why)
	            : muster_peppers_parse(peppers, (struct muster_text){ bytes, (size_t)size }, path, failure);
	muster_wipe(bytes, sizeof(bytes));
	return error;
}

/* --- looking up --- */

const struct muster_pepper *muster_peppers_in_force(const struct muster_peppers *peppers)
{
	return peppers && !peppers->none ? &peppers->list[0] : NULL;
}

const struct muster_pepper *muster_peppers_find(const struct muster_peppers *peppers, struct muster_text id)
{
	for (size_t i = 0; peppers && i < peppers->count; i++)
		if (muster_text_is_c(id, peppers->list[i].id))
			return &peppers->list[i];
	return NULL;
}

struct muster_text muster_pepper_id(const struct muster_pepper *pepper)
{
	return muster_text_of(pepper->id);
}

/* --- sealing and opening --- */

/* Each text with its size before it, so that no two contexts are the same bytes. */
static bool add_context(EVP_CIPHER_CTX *context, const struct muster_text *texts, size_t count)
{
	bool ok = true;
	int size;

	for (size_t i = 0; i < count && ok; i++) {
		const uint8_t before[4] = { (uint8_t)(texts[i].size >> 24), (uint8_t)(texts[i].size >> 16),
			                    (uint8_t)(texts[i].size >> 8), (uint8_t)texts[i].size };

		ok = EVP_CipherUpdate(context, NULL, &size, before, sizeof(before)) == 1 &&
		     (texts[i].size == 0 ||
		      EVP_CipherUpdate(context, NULL, &size, (const uint8_t *)texts[i].data, (int)texts[i].size) == 1);
	}
	return ok;
}

int muster_pepper_seal(const struct muster_pepper *pepper, const struct muster_text *context, size_t count,
                       struct muster_text plain, uint8_t *sealed)
{
	uint8_t *text = sealed + NONCE_SIZE;
	EVP_CIPHER_CTX *cipher;
	bool ok;
	int size, error = muster_random(sealed, NONCE_SIZE);

	if (error != MUSTER_OK)
		return error;
	cipher = EVP_CIPHER_CTX_new();
	ok = cipher && EVP_CipherInit_ex2(cipher, pepper->cipher, pepper->key, sealed, 1, NULL) == 1 &&
	     add_context(cipher, context, count) &&
	     EVP_CipherUpdate(cipher, text, &size, (const uint8_t *)plain.data, (int)plain.size) == 1 &&
	     EVP_CipherFinal_ex(cipher, text + size, &size) == 1 &&
	     EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, MAC_SIZE, text + plain.size) == 1;
	EVP_CIPHER_CTX_free(cipher);
	return ok ? MUSTER_OK : MUSTER_NO_MEMORY;
}

int muster_pepper_open(const struct muster_pepper *pepper, const struct muster_text *context, size_t count,
                       struct muster_text sealed, uint8_t *plain)
{
	const uint8_t *nonce = (const uint8_t *)sealed.data, *text = nonce + NONCE_SIZE;
	int text_size = (int)sealed.size - MUSTER_PEPPER_OVERHEAD, size, error = MUSTER_CORRUPT;
	EVP_CIPHER_CTX *cipher;

	if (text_size < 0)
		return error;
	cipher = EVP_CIPHER_CTX_new();
	if (!cipher || EVP_CipherInit_ex2(cipher, pepper->cipher, pepper->key, nonce, 0, NULL) != 1)
		error = MUSTER_NO_MEMORY;
	else if (add_context(cipher, context, count) && EVP_CipherUpdate(cipher, plain, &size, text, text_size) == 1 &&
	         EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, MAC_SIZE, (void *)(text + text_size)) == 1 &&
	         EVP_CipherFinal_ex(cipher, plain + size, &size) == 1)
		error = MUSTER_OK;
	if (error != MUSTER_OK)
		muster_wipe(plain, (size_t)text_size);
	EVP_CIPHER_CTX_free(cipher);
	return error;
}
