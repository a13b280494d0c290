"""Every source that is cited is in the bibliography, and every entry of it is cited."""

from blackmass.analysis.bibliography import bibliography, citations, reference
from blackmass.data.load import sources


def test_every_key_resolves_and_every_entry_is_used():
    assert set(citations()) - set(sources()) == set()
    assert set(sources()) - set(citations()) == set()


def test_entries_say_where_they_are_used():
    entries = {entry.key: entry for entry in bibliography()}
    assert entries["ChenHo2018"].used_by == {"cases/leach.csv": 33}
    assert "extraction_constants.csv" in entries["Biswas2000"].used_by
    assert any(name[0].isupper() for entry in entries.values() for name in entry.used_by)
    assert all(entry.reference.endswith(".") for entry in entries.values())


def test_reference_is_written_out():
    fields = {
        "author": "Curie, M. and Curie, P. and others",
        "title": "{R}adium",
        "journal": "Comptes Rendus",
        "year": "1898",
    }
    assert reference(fields | {"volume": "127", "pages": "175", "doi": "10.1/x"}) == (
        "Curie, M. and Curie, P. et al. (1898). Radium. Comptes Rendus 127, 175. doi:10.1/x."
    )
