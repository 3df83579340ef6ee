"""octi/web/openapi_terms.py: the words in which routes are declared."""

from octi.web.openapi_terms import TEXT, Query, number, one_of


def test_a_query_is_a_text_in_the_address_unless_it_says_otherwise() -> None:
    query = Query("after", "a place")
    assert (query.schema, query.place) == (TEXT, "query")


def test_a_number_has_its_bounds() -> None:
    assert number(1, 5, 2) == {"type": "integer", "minimum": 1, "maximum": 5, "default": 2}


def test_a_choice_names_all_there_is_to_choose() -> None:
    assert one_of("json", "text") == {"type": "string", "enum": ["json", "text"]}
