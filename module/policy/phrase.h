/* phrase.h -- what users are told: key, English. Catalogues have the same keys (lua/muster_languages/). */
#ifndef MUSTER_POLICY_PHRASE_H
#define MUSTER_POLICY_PHRASE_H

#include "policy/language.h"

/* {field} stands for a field's name, {seconds} for how long to wait. */
#define MUSTER_PHRASES(X)                                                                                              \
	X(TITLE, "title", "Creating a new account")                                                                    \
	X(INSTRUCTIONS, "instructions", "Choose a username and password for use with this service.")                   \
	X(REDIRECTION, "redirection", "To register an account, go to another place:")                                  \
	X(REGISTERED, "registered", "You are registered. You can change your password here.")                          \
	X(SERVICE_TITLE, "service-title", "Registration")                                                              \
	X(SERVICE_INSTRUCTIONS, "service-instructions", "Fill in this form to register.")                              \
	X(SERVICE_REGISTERED, "service-registered", "You are registered. You can change what is on file here.")        \
	X(CANCEL_TITLE, "cancel-title", "Cancel your registration")                                                    \
	X(CANCEL_INSTRUCTIONS, "cancel-instructions",                                                                  \
	  "Prove who you are to cancel your registration, with everything that belongs to it.")                        \
	X(CHANGE_TITLE, "change-title", "Change your password")                                                        \
	X(CHANGE_INSTRUCTIONS, "change-instructions", "Give the password that you have and the one that you want.")    \
	X(USERNAME, "username", "Username")                                                                            \
	X(PASSWORD, "password", "Password")                                                                            \
	X(OLD_PASSWORD, "old-password", "Old password")                                                                \
	X(NEW_PASSWORD, "new-password", "New password")                                                                \
	X(NICK, "nick", "Nickname")                                                                                    \
	X(NAME, "name", "Full name")                                                                                   \
	X(FIRST, "first", "First name")                                                                                \
	X(LAST, "last", "Last name")                                                                                   \
	X(EMAIL, "email", "E-mail address")                                                                            \
	X(ADDRESS, "address", "Street")                                                                                \
	X(CITY, "city", "City")                                                                                        \
	X(STATE, "state", "State")                                                                                     \
	X(ZIP, "zip", "Postal code")                                                                                   \
	X(PHONE, "phone", "Telephone number")                                                                          \
	X(URL, "url", "Web address")                                                                                   \
	X(DATE, "date", "Date")                                                                                        \
	X(MISC, "misc", "Miscellaneous")                                                                               \
	X(TEXT, "text", "Text")                                                                                        \
	X(FIELD_REQUIRED, "field-required", "The field {field} is required.")                                          \
	X(FIELD_SINGLE, "field-single", "The field {field} takes one value.")                                          \
	X(FIELD_UNUSABLE, "field-unusable", "The field {field} has a value that is not allowed.")                      \
	X(NAME_UNUSABLE, "name-unusable", "That username cannot be used.")                                             \
	X(NAME_TAKEN, "name-taken", "That username is taken.")                                                         \
	X(PASSWORD_UNUSABLE, "password-unusable", "The password is empty or holds characters that cannot be used.")    \
	X(PASSWORD_SHORT, "password-short", "The password is too short.")                                              \
	X(PASSWORD_LONG, "password-long", "The password is too long.")                                                 \
	X(PASSWORD_HAS_NAME, "password-has-name", "The password must not contain the username.")                       \
	X(PASSWORD_COMMON, "password-common", "That password is too common.")                                          \
	X(PASSWORD_GUESSABLE, "password-guessable", "That password is too easy to guess.")                             \
	X(PASSWORD_LEAKED, "password-leaked", "That password is known from a leak. Choose another one.")               \
	X(PASSWORD_WRONG, "password-wrong", "The password is wrong.")                                                  \
	X(PASSWORD_MISSING, "password-missing", "The new password is missing.")                                        \
	X(PROOF_WRONG, "proof-wrong", "The password or an answer is wrong.")                                           \
	X(PROOF_BLOCKED, "proof-blocked", "There were too many wrong tries. Wait for a quarter of an hour.")           \
	X(USERNAME_MISSING, "username-missing", "The username is missing.")                                            \
	X(LOG_IN_FIRST, "log-in-first", "Log in first.")                                                               \
	X(CLOSED, "closed", "Registration is closed.")                                                                 \
	X(ELSEWHERE, "elsewhere", "You cannot register in your client here.")                                          \
	X(INVITED_ONLY, "invited-only", "You need an invitation to register here.")                                    \
	X(INVITATION_UNKNOWN, "invitation-unknown", "That invitation is not valid, or not any more.")                  \
	X(INVITATION_NAME, "invitation-name", "Your invitation is for another username.")                              \
	X(INVITED_TOO_MANY, "invited-too-many",                                                                        \
	  "You have invited many people lately. Try again in {seconds} seconds.")                                      \
	X(UNWANTED, "unwanted", "You cannot register from where you are.")                                             \
	X(TOO_MANY, "too-many", "There were too many registrations. Try again in {seconds} seconds.")                  \
	X(PENDING, "pending", "Your account is to be approved before you can log in.")                                 \
	X(ENCRYPT_FIRST, "encrypt-first", "Encrypt the stream first.")                                                 \
	X(TOO_LARGE, "too-large", "The request is too large.")                                                         \
	X(ONCE, "once", "You have registered on this stream already. Log in.")                                         \
	X(TOO_OFTEN, "too-often", "There were too many attempts on this stream.")                                      \
	X(KEY_WRONG, "key-wrong", "Ask for the fields again and send the key that comes with them.")                   \
	X(CHALLENGE_ONE, "challenge-one",                                                                              \
	  "Solve one of the challenges too. The one that is a number is for programs.")                                \
	X(CHALLENGE_BOTH, "challenge-both",                                                                            \
	  "Solve the challenge that is a number too, which programs can do, and another one.")                         \
	X(CHALLENGE_OCR, "challenge-ocr", "The characters in the picture")                                             \
	X(CHALLENGE_WRONG, "challenge-wrong", "That does not solve the challenge, or it is too old. Try another one.") \
	X(CHALLENGE_MISSING, "challenge-missing", "Ask for the form, and solve a challenge in it.")                    \
	X(PICTURES, "pictures", "There were too many pictures. Try again in {seconds} seconds.")                       \
	X(REMOVE_ALONE, "remove-alone", "Nothing may stand beside remove.")                                            \
	X(REMOVAL_DENIED, "removal-denied", "Registrations are not cancelled here.")                                   \
	X(REMOVAL_PROOF, "removal-proof", "Prove who you are to cancel your registration.")                            \
	X(REMOVAL_ROLE, "removal-role", "You may not cancel your registration.")                                       \
	X(LAST_ADMIN, "last-admin", "You are the last administrator. Name another one first.")                         \
	X(CHANGE_DENIED, "change-denied", "Passwords are not changed here.")                                           \
	X(CHANGE_PROOF, "change-proof", "Give the old password too.")                                                  \
	X(DEVICE_UNUSABLE, "device-unusable", "That name of a device cannot be used. Choose a short one.")             \
	X(DEVICE_TAKEN, "device-taken", "There is a device of that name already.")                                     \
	X(DEVICE_UNKNOWN, "device-unknown", "There is no device of that name.")                                        \
	X(DEVICES_MANY, "devices-many", "There are as many devices as there may be. Revoke one first.")                \
	X(DEVICES_DENIED, "devices-denied", "Devices get no passwords of their own here.")                             \
	X(NOT_YOURS, "not-yours", "That is not your account.")                                                         \
	X(NOT_REGISTERED, "not-registered", "You are not registered here.")                                            \
	X(LOCAL_ONLY, "local-only", "Users of other servers cannot register here.")                                    \
	X(OVERLOADED, "overloaded", "The server is overloaded. Try again in {seconds} seconds.")                       \
	X(NOT_CHANGED, "not-changed", "The account could not be changed. Try again in {seconds} seconds.")             \
	X(UNABLE, "unable", "The server cannot do that now. Try again in {seconds} seconds.")

enum muster_phrase {
	MUSTER_PHRASE_NONE,
#define MUSTER_PHRASE_NUMBER(symbol, key, english) MUSTER_PHRASE_##symbol,
	MUSTER_PHRASES(MUSTER_PHRASE_NUMBER)
#undef MUSTER_PHRASE_NUMBER
		MUSTER_PHRASE_COUNT
};

/* The phrase of that key, or MUSTER_PHRASE_NONE. */
enum muster_phrase muster_phrase_of(struct muster_text key);

const char *muster_phrase_key(enum muster_phrase phrase);
const char *muster_phrase_english(enum muster_phrase phrase);

/* A language's phrases; those that it has no words for are absent. */
struct muster_catalogue {
	struct muster_text language;
	struct muster_text phrases[MUSTER_PHRASE_COUNT];
};

struct muster_arena;
struct muster_failure;

/* Read a catalogue's text: lines of "key: words", empty lines, and comments that begin with #.
 *
 * failure  on MUSTER_MALFORMED names the line and what is wrong with it
 *
 * Returns MUSTER_OK, MUSTER_MALFORMED, MUSTER_NO_MEMORY. */
int muster_catalogue_read(struct muster_catalogue *catalogue, struct muster_arena *arena, struct muster_text text,
                          struct muster_failure *failure);

/* Set a host's catalogues from muster_languages, a directory of files such as "de.txt". */
int muster_catalogue_set(const struct muster_setting *setting);

struct muster_host;

/* A phrase in the reader's language where there are words in it, else in English. */
struct muster_saying muster_phrase_in(const struct muster_host *host, enum muster_phrase phrase,
                                      struct muster_text language);

#endif
