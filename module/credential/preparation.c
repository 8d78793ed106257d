/* preparation.c -- names and passwords as the old profiles (stringprep) and the new ones (PRECIS) agree on them.
 *
 * Hosts and clients prepare with either, so what the two treat differently would lock its owner out. Plain ASCII,
 * which is nearly everything, is decided without ICU. */
#include "muster/preparation.h"

#include <arpa/inet.h>
#include <string.h>
#include <unicode/uidna.h>
#include <unicode/ustring.h>

#include "credential/precis.h"
#include "credential/stringprep.h"
#include "muster/error.h"

/* No longer input can be prepared to what is allowed, and none is looked at: ordering combining characters takes time
 * by the square. A fullwidth letter has three bytes and becomes one; 1024 code points are the longest password that a
 * password_policy may allow. */
enum { NAME_INPUT_MAX = 4 * MUSTER_NAME_MAX, DOMAIN_INPUT_MAX = 4 * MUSTER_DOMAIN_MAX, PASSWORD_INPUT_MAX = 4096 };

enum { LABEL_MAX = 63 };

static bool is_ascii(struct muster_text text)
{
	unsigned char all = 0;

	for (size_t i = 0; i < text.size; i++)
		all |= (unsigned char)text.data[i];
	return all < 0x80;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* MUSTER_MALFORMED is what the helpers below say of any text; `refusal` is what the caller is told. */
static int told(int error, int refusal)
{
	return error == MUSTER_MALFORMED ? refusal : error;
}

/* RFC 7622, section 3.3.1, and the same in Nodeprep. */
static bool is_excluded(UChar c)
{
	switch (c) {
	case '"':
	case '&':
	case '\'':
	case '/':
	case ':':
	case '<':
	case '>':
	case '@':
		return true;
	}
	return false;
}

/* Both profiles agree on ASCII: letter case is folded, controls, space and eight signs are refused. */
static int prepare_ascii_name(struct muster_text name, struct muster_buffer *prepared)
{
	char bytes[MUSTER_NAME_MAX];

	if (name.size > sizeof(bytes))
		return MUSTER_BAD_NAME;
	for (size_t i = 0; i < name.size; i++) {
		char c = name.data[i];

		if (c <= ' ' || c == 0x7f || is_excluded((UChar)c))
			return MUSTER_BAD_NAME;
		bytes[i] = lower(c);
	}
	return muster_buffer_add(prepared, (struct muster_text){ bytes, name.size });
}

static int localpart(struct muster_wide *name)
{
	int error = muster_precis_username_case_mapped(name);

	for (int32_t i = 0; error == MUSTER_OK && i < name->size; i++)
		if (is_excluded(name->units[i]))
			error = MUSTER_MALFORMED;
	return error;
}

/* One pass of both profiles, which must agree. `prepared` is empty; the caller closes it. */
static int pass(const struct muster_wide *name, struct muster_wide *prepared)
{
	struct muster_wide other = { 0 };
	int error = muster_wide_copy(prepared, name);

	if (error == MUSTER_OK)
		error = localpart(prepared);
	if (error == MUSTER_OK)
		error = muster_stringprep_node(name, &other);
	if (error == MUSTER_OK && !muster_wide_same(prepared, &other))
		error = MUSTER_MALFORMED;
	muster_wide_close(&other);
	return error;
}

static int prepare_name(struct muster_text name, struct muster_buffer *prepared)
{
	struct muster_wide given = { 0 }, first = { 0 }, second = { 0 };
	int error = muster_wide_decode(&given, name);

	if (error == MUSTER_OK)
		error = pass(&given, &first);
	if (error == MUSTER_OK)
		error = pass(&first, &second);
	if (error == MUSTER_OK && !muster_wide_same(&first, &second))
		error = MUSTER_MALFORMED;
	if (error == MUSTER_OK)
		error = muster_wide_encode(&first, prepared);
	if (error == MUSTER_OK && prepared->size > MUSTER_NAME_MAX)
		error = MUSTER_MALFORMED;
	muster_wide_close(&second);
	muster_wide_close(&first);
	muster_wide_close(&given);
	return told(error, MUSTER_BAD_NAME);
}

int muster_name_prepare(struct muster_text name, struct muster_buffer *prepared)
{
	int error;

	if (name.size == 0 || name.size > NAME_INPUT_MAX)
		return MUSTER_BAD_NAME;
	error = is_ascii(name) ? prepare_ascii_name(name, prepared) : prepare_name(name, prepared);
	if (error != MUSTER_OK)
		muster_buffer_clear(prepared);
	return error;
}

/* Letters, digits, hyphens within, and the underscore, which no domain of the DNS for hosts has but some deployments
 * do. Hyphens in the third and fourth place mark A-labels and what is reserved: those are left to ICU. */
static bool is_plain_label(const char *label, size_t size)
{
	if (size == 0 || size > LABEL_MAX || label[0] == '-' || label[size - 1] == '-')
		return false;
	if (size >= 4 && label[2] == '-' && label[3] == '-')
		return false;
	for (size_t i = 0; i < size; i++) {
		char c = lower(label[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return true;
}

static bool is_plain_domain(struct muster_text domain)
{
	size_t begin = 0;

	for (size_t i = 0; i <= domain.size; i++) {
		if (i < domain.size && domain.data[i] != '.')
			continue;
		if (!is_plain_label(domain.data + begin, i - begin))
			return false;
		begin = i + 1;
	}
	return true;
}

static int prepare_plain_domain(struct muster_text domain, struct muster_buffer *prepared)
{
	char bytes[MUSTER_DOMAIN_MAX];

	if (domain.size > sizeof(bytes))
		return MUSTER_BAD_NAME;
	for (size_t i = 0; i < domain.size; i++)
		bytes[i] = lower(domain.data[i]);
	return muster_buffer_add(prepared, (struct muster_text){ bytes, domain.size });
}

/* An IPv6 address in brackets, in the shortest of its forms. */
static int prepare_address(struct muster_text domain, struct muster_buffer *prepared)
{
	char text[INET6_ADDRSTRLEN + 2]; /* ours has two brackets more than what inet_ntop writes */
	struct in6_addr address;
	size_t size = domain.size - 2;

	if (domain.data[domain.size - 1] != ']' || size >= INET6_ADDRSTRLEN)
		return MUSTER_BAD_NAME;
	memcpy(text, domain.data + 1, size);
	text[size] = '\0';
	if (strlen(text) != size || inet_pton(AF_INET6, text, &address) != 1)
		return MUSTER_BAD_NAME;
	text[0] = '[';
	inet_ntop(AF_INET6, &address, text + 1, INET6_ADDRSTRLEN);
	strcat(text, "]");
	return muster_buffer_add(prepared, muster_text_of(text));
}

typedef int32_t idna_fn(const UIDNA *idna, const UChar *name, int32_t size, UChar *mapped, int32_t capacity,
                        UIDNAInfo *info, UErrorCode *status);

/* One direction of IDNA. `mapped` is empty; the caller closes it. */
static int map_domain(idna_fn *map, const struct muster_wide *domain, struct muster_wide *mapped)
{
	const uint32_t options = UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_CHECK_CONTEXTO |
	                         UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE;
	UErrorCode status = U_ZERO_ERROR;
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UIDNA *idna;
	int error = muster_wide_open(mapped, MUSTER_DOMAIN_MAX + 1); /* and a trailing dot */

	if (error != MUSTER_OK)
		return error;
	idna = uidna_openUTS46(options, &status);
	mapped->size = map(idna, domain->units, domain->size, mapped->units, mapped->capacity, &info, &status);
	uidna_close(idna);
	error = muster_wide_error(status);
	if (error == MUSTER_OK && (info.errors & ~(uint32_t)UIDNA_ERROR_DOMAIN_NAME_TOO_LONG))
		error = MUSTER_MALFORMED; /* JIDs allow 1023 bytes, more than the DNS */
	return error;
}

/* ICU lets any ASCII pass, because it is asked to allow underscores. */
static bool has_other_ascii(const struct muster_wide *domain)
{
	for (int32_t i = 0; i < domain->size; i++) {
		UChar c = domain->units[i];

		if (c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
			return true;
	}
	return false;
}

static int prepare_domain(struct muster_text domain, struct muster_buffer *prepared)
{
	struct muster_wide given = { 0 }, mapped = { 0 }, ascii = { 0 };
	int error = muster_wide_decode(&given, domain);

	if (error == MUSTER_OK)
		error = map_domain(uidna_nameToUnicode, &given, &mapped);
	if (error == MUSTER_OK && mapped.size > 0 && mapped.units[mapped.size - 1] == '.')
		mapped.size--;
	if (error == MUSTER_OK && (mapped.size == 0 || has_other_ascii(&mapped)))
		error = MUSTER_MALFORMED;
	if (error == MUSTER_OK) /* only here are labels measured */
		error = map_domain(uidna_nameToASCII, &mapped, &ascii);
	if (error == MUSTER_OK)
		error = muster_wide_encode(&mapped, prepared);
	if (error == MUSTER_OK && prepared->size > MUSTER_DOMAIN_MAX)
		error = MUSTER_MALFORMED;
	muster_wide_close(&ascii);
	muster_wide_close(&mapped);
	muster_wide_close(&given);
	return told(error, MUSTER_BAD_NAME);
}

int muster_domain_prepare(struct muster_text domain, struct muster_buffer *prepared)
{
	struct muster_text rootless = domain;
	int error;

	if (domain.size == 0 || domain.size > DOMAIN_INPUT_MAX)
		return MUSTER_BAD_NAME;
	if (domain.data[domain.size - 1] == '.')
		rootless.size--;
	if (is_plain_domain(rootless))
		error = prepare_plain_domain(rootless, prepared);
	else if (domain.size > 2 && domain.data[0] == '[')
		error = prepare_address(domain, prepared);
	else
		error = prepare_domain(domain, prepared);
	if (error != MUSTER_OK)
		muster_buffer_clear(prepared);
	return error;
}

/* One pass of both profiles. `prepared` is empty; the caller closes it. */
static int pass_password(const struct muster_wide *password, struct muster_wide *prepared, size_t *length)
{
	struct muster_wide opaque = { 0 };
	int error = muster_wide_copy(&opaque, password);

	if (error == MUSTER_OK)
		error = muster_precis_opaque_string(&opaque);
	if (error == MUSTER_OK)
		*length = (size_t)u_countChar32(opaque.units, opaque.size);
	muster_wide_close(&opaque);
	return error == MUSTER_OK ? muster_stringprep_sasl(password, prepared) : error;
}

/* Hosts apply SASLprep to what SASL PLAIN brings before they ask for a comparison, so the prepared password must
 * itself be acceptable and stay as it is. */
static int prepare_password(struct muster_text password, struct muster_buffer *derivable, size_t *length)
{
	struct muster_wide given = { 0 }, first = { 0 }, second = { 0 };
	size_t ignored;
	int error = muster_wide_decode(&given, password);

	if (error == MUSTER_OK)
		error = pass_password(&given, &first, length);
	if (error == MUSTER_OK)
		error = pass_password(&first, &second, &ignored);
	if (error == MUSTER_OK && !muster_wide_same(&first, &second))
		error = MUSTER_MALFORMED;
	if (error == MUSTER_OK)
		error = muster_wide_encode(&first, derivable);
	muster_wide_close(&second);
	muster_wide_close(&first);
	muster_wide_close(&given);
	return told(error, MUSTER_BAD_PASSWORD);
}

/* Neither profile changes printable ASCII; both refuse controls. */
static int prepare_ascii_password(struct muster_text password, struct muster_buffer *derivable, size_t *length)
{
	for (size_t i = 0; i < password.size; i++)
		if (password.data[i] < ' ' || password.data[i] == 0x7f)
			return MUSTER_BAD_PASSWORD;
	*length = password.size;
	return muster_buffer_add(derivable, password);
}

int muster_password_prepare(struct muster_text password, struct muster_buffer *derivable, size_t *length)
{
	size_t counted = 0;
	int error;

	if (password.size == 0 || password.size > PASSWORD_INPUT_MAX)
		return MUSTER_BAD_PASSWORD;
	if (is_ascii(password))
		error = prepare_ascii_password(password, derivable, &counted);
	else
		error = prepare_password(password, derivable, &counted);
	if (error != MUSTER_OK)
		muster_buffer_clear(derivable);
	else if (length)
		*length = counted;
	return error;
}

/* --- comparing --- */

static int compare(int (*prepare)(struct muster_text given, struct muster_buffer *prepared), struct muster_text given,
                   struct muster_text wanted)
{
	struct muster_buffer prepared = { 0 };
	int error = prepare(given, &prepared);

	if (error == MUSTER_OK && !muster_text_is(muster_buffer_text(&prepared), wanted))
		error = MUSTER_BAD_NAME;
	muster_buffer_clear(&prepared);
	return error;
}

int muster_name_is(struct muster_text name, struct muster_text prepared)
{
	return compare(muster_name_prepare, name, prepared);
}

int muster_domain_is(struct muster_text domain, struct muster_text prepared)
{
	return compare(muster_domain_prepare, domain, prepared);
}

int muster_jid_is(struct muster_text jid, struct muster_text name, struct muster_text domain)
{
	const char *at = jid.size > 0 ? memchr(jid.data, '@', jid.size) : NULL;
	size_t before = at ? (size_t)(at - jid.data) : 0;
	int error;

	if (!at)
		return MUSTER_BAD_NAME;
	error = muster_name_is((struct muster_text){ jid.data, before }, name);
	return error == MUSTER_OK ? muster_domain_is((struct muster_text){ at + 1, jid.size - before - 1 }, domain)
	                          : error;
}

int muster_bare_jid_prepare(struct muster_text jid, struct muster_buffer *prepared)
{
	const char *slash = jid.size > 0 ? memchr(jid.data, '/', jid.size) : NULL;
	size_t size = slash ? (size_t)(slash - jid.data) : jid.size;
	const char *at = size > 0 ? memchr(jid.data, '@', size) : NULL;
	struct muster_buffer domain = { 0 };
	size_t before;
	int error;

	if (!at)
		return MUSTER_BAD_NAME;
	before = (size_t)(at - jid.data);
	error = muster_domain_prepare((struct muster_text){ at + 1, size - before - 1 }, &domain);
	if (error == MUSTER_OK)
		error = muster_name_prepare((struct muster_text){ jid.data, before }, prepared);
	if (error == MUSTER_OK)
		error = muster_buffer_add_byte(prepared, '@');
	if (error == MUSTER_OK)
		error = muster_buffer_add(prepared, muster_buffer_text(&domain));
	muster_buffer_clear(&domain);
	if (error != MUSTER_OK)
		muster_buffer_clear(prepared);
	return error;
}

static int fold(struct muster_wide *answer)
{
	int error = muster_wide_to_nfkc(answer);

	if (error == MUSTER_OK)
		error = muster_wide_to_lower(answer);
	return error == MUSTER_OK ? muster_wide_to_nfkc(answer) : error;
}

static void trim(struct muster_wide *text)
{
	int32_t first = 0, end = text->size;

	while (end > 0 && u_isUWhiteSpace(text->units[end - 1]))
		end--;
	while (first < end && u_isUWhiteSpace(text->units[first]))
		first++;
	memmove(text->units, text->units + first, (size_t)(end - first) * sizeof(*text->units));
	text->size = end - first;
}

int muster_answer_prepare(struct muster_text answer, struct muster_buffer *prepared)
{
	struct muster_wide wide = { 0 };
	int error = answer.size > 0 && answer.size <= PASSWORD_INPUT_MAX ? muster_wide_decode(&wide, answer)
	                                                                 : MUSTER_MALFORMED;

	if (error == MUSTER_OK)
		error = fold(&wide);
	if (error == MUSTER_OK) {
		trim(&wide);
		error = wide.size > 0 ? muster_wide_encode(&wide, prepared) : MUSTER_MALFORMED;
	}
	muster_wide_close(&wide);
	if (error != MUSTER_OK)
		muster_buffer_clear(prepared);
	return told(error, MUSTER_BAD_PASSWORD);
}

int muster_label_prepare(struct muster_text label, struct muster_buffer *prepared)
{
	struct muster_wide wide = { 0 };
	int error =
		label.size > 0 && label.size <= MUSTER_NAME_MAX ? muster_wide_decode(&wide, label) : MUSTER_MALFORMED;

	if (error == MUSTER_OK) {
		trim(&wide);
		error = wide.size > 0 ? muster_precis_opaque_string(&wide) : MUSTER_MALFORMED;
	}
	if (error == MUSTER_OK)
		error = muster_wide_encode(&wide, prepared);
	if (error == MUSTER_OK && prepared->size > MUSTER_NAME_MAX)
		error = MUSTER_MALFORMED; /* normalisation can make it longer */
	muster_wide_close(&wide);
	if (error != MUSTER_OK)
		muster_buffer_clear(prepared);
	return told(error, MUSTER_BAD_NAME);
}
