/* text.h -- borrowed text and the owned buffer.
 *
 * A `struct muster_text` borrows: it is valid as long as what it points into. It need not end in NUL and may hold
 * any bytes. A `struct muster_buffer` owns its bytes, keeps a NUL behind them and wipes them before it lets go,
 * because most of what passes through here sits beside a password. */
#ifndef MUSTER_TEXT_H
#define MUSTER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct muster_text {
	const char *data; /* NULL means absent, which is not the same as empty */
	size_t size;      /* in bytes */
};

struct muster_buffer {
	char *data; /* NULL while empty; else NUL-terminated */
	size_t size;
	size_t capacity;
	int error; /* sticky: after a failed append every later one fails alike */
};

#define MUSTER_TEXT(literal) ((struct muster_text){ "" literal, sizeof(literal) - 1 })
#define MUSTER_NO_TEXT ((struct muster_text){ NULL, 0 })

/* Borrow a C string; NULL gives absent text. */
struct muster_text muster_text_of(const char *string);

/* The bytes of a buffer; absent if nothing was ever written to it. Valid until the buffer changes. */
struct muster_text muster_buffer_text(const struct muster_buffer *buffer);

/* The same bytes? Absent text counts as empty text. */
bool muster_text_is(struct muster_text text, struct muster_text other);
bool muster_text_is_c(struct muster_text text, const char *string);
static inline bool muster_text_empty(struct muster_text text)
{
	return text.size == 0;
}

/* Order by bytes, the shorter first where one begins the other. Absent text equals empty text. */
int muster_text_compare(struct muster_text text, struct muster_text other);

/* Equal or not, in a time that depends on the sizes alone. */
bool muster_text_same_secret(struct muster_text text, struct muster_text other);

/* Append; on MUSTER_NO_MEMORY the buffer keeps what it had and remembers the error. */
int muster_buffer_add(struct muster_buffer *buffer, struct muster_text text);
int muster_buffer_add_c(struct muster_buffer *buffer, const char *string);
int muster_buffer_add_byte(struct muster_buffer *buffer, char byte);
int muster_buffer_add_number(struct muster_buffer *buffer, long long number);

/* Replace the contents; the old ones are wiped. `text` must not point into the buffer. */
int muster_buffer_set(struct muster_buffer *buffer, struct muster_text text);

/* Wipe and free; the buffer is empty and usable afterwards. */
void muster_buffer_clear(struct muster_buffer *buffer);

/* Overwrite memory so that the compiler cannot leave it out. */
void muster_wipe(void *memory, size_t size);

#endif
