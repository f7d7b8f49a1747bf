"""Tables that become blocks on a phone: every cell knows its column, and it stays a table to a screen reader."""

from django.template import Context, Template

from cms.tables import LONG, stackable

HEAD = """<thead><tr><th scope="col" class="vw-table__choose"><input type="checkbox"></th>
<th scope="col"><a class="vw-table__sort" href="?sorteer=naam">Naam &amp; "nummer"<span class="vw-table__arrow" aria-hidden="true">▲</span></a></th>
<th scope="col">Punten</th><th scope="col"><span class="vw-visually-hidden">Handelingen</span></th></tr></thead>"""


def test_each_cell_names_its_column_but_not_the_choice_of_a_row_nor_a_column_without_a_name():
    shown = stackable(
        HEAD + '<tbody><tr class="x"><td class="vw-table__choose"><input></td><th scope="row">Demo</th><td>8</td><td>Meld</td></tr></tbody>'
    )

    assert '<tr data-before="Sorteer op" role="row">' in shown
    assert shown.endswith(
        '<tbody role="rowgroup"><tr class="x" role="row"><td class="vw-table__choose" role="cell"><input></td>'
        '<th scope="row" role="rowheader" data-column="Naam &amp; &quot;nummer&quot;">Demo</th>'
        '<td role="cell" data-column="Punten">8</td><td role="cell">Meld</td></tr></tbody>'
    )


def test_a_cell_over_more_columns_moves_the_names_on_and_an_empty_one_can_be_left_out():
    shown = stackable(HEAD + f'<tbody><tr><td colspan="2">Samen</td><td> \n </td><td>{"lang " * LONG}</td></tr></tbody>')

    assert '<td role="cell" data-column="Punten"></td><td role="cell" data-long>lang' in shown


def test_a_table_without_a_head_stays_as_it_was_but_for_the_roles():
    assert stackable("<tbody><tr><td>1</td></tr></tbody>") == '<tbody role="rowgroup"><tr role="row"><td role="cell">1</td></tr></tbody>'


def test_what_someone_typed_stays_text():
    table = Template(
        '{% load vakwijs %}{% component "table" caption=name %}<thead><tr><th scope="col">{{ name }}</th></tr></thead>'
        "<tbody><tr><td>{{ name }}</td></tr></tbody>{% endcomponent %}"
    )

    shown = table.render(Context({"name": '"><script>alert(1)</script>'}))

    assert "<script" not in shown
    assert 'data-column="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in shown
