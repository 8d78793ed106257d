/* test_document.c -- XML read under limits, and written. */
#include "support.h"

#include "base/memory.h"
#include "xml/document.h"
#include "xml/writer.h"

static int read_error(const char *xml)
{
	struct muster_document document;
	int error = muster_document_read(&document, text(xml), NULL);

	muster_document_clear(&document);
	return error;
}

/* --- reading --- */

static void test_elements_attributes_and_text(void **state)
{
	struct muster_document document;
	const struct muster_element *query, *name;
	const char *xml =
		"<iq xmlns='jabber:client' type=\"set\" id='a&amp;b' xml:lang='de'>"
		"<query xmlns='jabber:iq:register'><username>bi<b/>ll &lt;&#x41;&gt;</username><empty/></query></iq>";

	(void)state;
	assert_error(muster_document_read(&document, text(xml), NULL), MUSTER_OK);
	assert_true(muster_element_is(document.root, "jabber:client", "iq"));
	assert_text(muster_element_attribute(document.root, "type"), "set");
	assert_text(muster_element_attribute(document.root, "id"), "a&b");
	assert_text(muster_element_attribute(document.root, "lang"), NULL);
	assert_text(muster_element_language(document.root), "de");
	query = muster_element_child(document.root, "jabber:iq:register", "query");
	assert_non_null(query);
	assert_null(muster_element_child(document.root, NULL, "query"));
	name = muster_element_child(query, NULL, "username");
	assert_text(name->text, "bill <A>");
	assert_text(muster_element_child(query, NULL, "empty")->text, NULL);
	assert_ptr_equal(name->parent, query);
	muster_document_clear(&document);
}

/* Wherever the bytes are cut when expat gets them, the tree is the same. */
static void test_cut_everywhere(void **state)
{
	const char *xml = "<a b='c&quot;'>\xc3\xa9t\xc3\xa9 &amp; \xf0\x9f\x8e\xad<d>x</d> end</a>";

	(void)state;
	for (size_t piece = 1; piece <= strlen(xml); piece++) {
		struct muster_limits limits = muster_default_limits;
		struct muster_document document;

		limits.piece_bytes = piece;
		assert_error(muster_document_read(&document, text(xml), &limits), MUSTER_OK);
		assert_text(document.root->text, "\xc3\xa9t\xc3\xa9 & \xf0\x9f\x8e\xad end");
		assert_text(muster_element_attribute(document.root, "b"), "c\"");
		assert_text(document.root->first->text, "x");
		muster_document_clear(&document);
	}
}

static void test_what_is_not_well_formed_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"<a",
		"<a>",
		"<a></b>",
		"<a/><b/>",
		"<a/>x",
		"x",
		"<a b=c/>",
		"<a b='1' b='2'/>",
		"<a>&b;</a>",
		"<a>\x01</a>",
		"<a>\xff</a>",
		"<a>\xc3</a>",
		"<a>\xed\xa0\x80</a>",
		"<a>&#0;</a>",
		"<p:a/>",
		"<a>&#xFFFE;</a>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_error(bad[i]) != MUSTER_MALFORMED)
			fail_msg("\"%s\" gives %s", bad[i], muster_error_name(read_error(bad[i])));
	assert_error(muster_document_read(&(struct muster_document){ 0 }, MUSTER_NO_TEXT, NULL), MUSTER_MALFORMED);
}

/* RFC 6120, section 11.1 */
static void test_what_xmpp_forbids_is_refused(void **state)
{
	(void)state;
	assert_error(read_error("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"), MUSTER_MALFORMED);
	assert_error(read_error("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), MUSTER_MALFORMED);
	assert_error(read_error("<a><!-- no --></a>"), MUSTER_MALFORMED);
	assert_error(read_error("<a><?no no?></a>"), MUSTER_MALFORMED);
}

static void test_size_depth_and_number_are_limited(void **state)
{
	struct muster_buffer xml = { 0 };

	(void)state;
	for (int depth = 0; depth < 20; depth++)
		muster_buffer_add_c(&xml, "<a>");
	for (int depth = 0; depth < 20; depth++)
		muster_buffer_add_c(&xml, "</a>");
	assert_error(read_error(xml.data), MUSTER_OK);
	muster_buffer_set(&xml, text("<a>"));
	for (int depth = 0; depth < 20; depth++)
		muster_buffer_add_c(&xml, "<a>");
	assert_error(read_error(xml.data), MUSTER_TOO_LARGE);

	muster_buffer_set(&xml, text("<a>"));
	for (int element = 1; element < 200; element++)
		muster_buffer_add_c(&xml, "<b/>");
	muster_buffer_add_c(&xml, "</a>");
	assert_error(read_error(xml.data), MUSTER_OK);
	muster_buffer_set(&xml, text("<a><b/>"));
	for (int element = 1; element < 200; element++)
		muster_buffer_add_c(&xml, "<b/>");
	assert_error(read_error(xml.data), MUSTER_TOO_LARGE);

	muster_buffer_set(&xml, text("<a>"));
	while (xml.size < 65536 - 4)
		muster_buffer_add_byte(&xml, 'x');
	muster_buffer_add_c(&xml, "</a>");
	assert_error(read_error(xml.data), MUSTER_OK);
	muster_buffer_add_c(&xml, "\n");
	assert_error(read_error(xml.data), MUSTER_TOO_LARGE);

	muster_buffer_set(&xml, text("<a"));
	for (int attribute = 0; attribute <= 400; attribute++) {
		muster_buffer_add_c(&xml, " b");
		muster_buffer_add_number(&xml, attribute);
		muster_buffer_add_c(&xml, "=''");
	}
	muster_buffer_add_c(&xml, "/>");
	assert_error(read_error(xml.data), MUSTER_TOO_LARGE);
	muster_buffer_clear(&xml);
}

static void test_nothing_is_left_behind(void **state)
{
	const size_t live = muster_memory_live();

	(void)state;
	read_error("<a><b>c</b></a>");
	read_error("<a><b>c</b>");
	assert_int_equal(muster_memory_live(), live);
}

/* --- writing --- */

static void test_text_is_escaped(void **state)
{
	struct muster_buffer xml = { 0 };

	(void)state;
	muster_xml_text(&xml, text("a<b>&'\"c"));
	assert_null(strpbrk(xml.data, "<>'\""));
	muster_buffer_clear(&xml);
	muster_xml_attribute(&xml, "to", text("a'b&c"));
	muster_xml_attribute(&xml, "from", MUSTER_NO_TEXT);
	muster_xml_attribute(&xml, "id", text(""));
	assert_string_equal(xml.data, " to='a&apos;b&amp;c' id=''");
	muster_buffer_clear(&xml);
	muster_xml_element(&xml, "a", text("b"));
	muster_xml_element(&xml, "c", text(""));
	muster_xml_element(&xml, "d", MUSTER_NO_TEXT);
	assert_string_equal(xml.data, "<a>b</a><c/><d/>");
	muster_buffer_clear(&xml);
}

/* Whatever bytes go in, what comes out can be read and keeps what XML can carry. */
static void test_any_bytes_make_readable_xml(void **state)
{
	char bytes[3];

	(void)state;
	for (int first = 0; first < 256; first++)
		for (int second = 0; second < 256; second++) {
			struct muster_buffer xml = { 0 };
			struct muster_document document;

			bytes[0] = (char)first, bytes[1] = (char)second, bytes[2] = 'x';
			muster_buffer_add_c(&xml, "<a");
			muster_xml_attribute(&xml, "b", (struct muster_text){ bytes, 3 });
			muster_buffer_add_c(&xml, ">");
			muster_xml_text(&xml, (struct muster_text){ bytes, 3 });
			muster_buffer_add_c(&xml, "</a>");
			assert_error(muster_document_read(&document, muster_buffer_text(&xml), NULL), MUSTER_OK);
			assert_int_equal(document.root->text.data[document.root->text.size - 1], 'x');
			muster_document_clear(&document);
			muster_buffer_clear(&xml);
		}
}

static void test_what_xml_cannot_carry_is_replaced(void **state)
{
	struct muster_buffer xml = { 0 };

	(void)state;
	muster_xml_text(&xml, text("a\x01z\xffy\xed\xa0\x80"));
	assert_non_null(strstr(xml.data, "a\xef\xbf\xbdz\xef\xbf\xbdy"));
	assert_null(strchr(xml.data, '\x01'));
	muster_buffer_clear(&xml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements_attributes_and_text),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_what_is_not_well_formed_is_refused),
		cmocka_unit_test(test_what_xmpp_forbids_is_refused),
		cmocka_unit_test(test_size_depth_and_number_are_limited),
		cmocka_unit_test(test_nothing_is_left_behind),
		cmocka_unit_test(test_text_is_escaped),
		cmocka_unit_test(test_any_bytes_make_readable_xml),
		cmocka_unit_test(test_what_xml_cannot_carry_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
