"""Names on a map stand clear of each other, also when people answer alike."""

import itertools
import random

from allrise.room.server.placing import LETTER, LINE, Box, labels

FIELD = Box(40, 40, 600, 440)


def box(label):
    wide, high = LETTER * max(map(len, label.lines)), LINE * len(label.lines)
    left = {"start": label.x, "middle": label.x - wide / 2, "end": label.x - wide}[label.anchor]
    top = label.y - 0.76 * LINE
    return Box(left, top, left + wide, top + high)


def test_eight_factors_with_the_same_answers_share_one_label_beside_their_dot():
    found = labels([(f"F{n}", 320, 240) for n in range(1, 9)], FIELD)
    assert [label.lines for label in found] == [("F1 F2 F3 F4", "F5 F6 F7 F8")]
    assert not found[0].far


def test_a_label_in_a_corner_stays_inside_the_map():
    for x, y in itertools.product((40, 600), (40, 440)):
        (label,) = labels([("F1", x, y)], FIELD)
        assert FIELD.covers(box(label)) > 0.99 * LETTER * 2 * LINE


def test_no_label_covers_another_or_a_dot_where_there_is_room():
    for seed in range(20):
        draw = random.Random(seed)
        points = [(f"F{n}", draw.uniform(150, 500), draw.uniform(120, 360)) for n in range(1, 9)]
        found = labels(points, FIELD)
        assert sorted(name for label in found for line in label.lines for name in line.split()) == [
            p[0] for p in points
        ]
        for a, b in itertools.combinations(map(box, found), 2):
            assert a.covers(b) == 0
        for label, (_, x, y) in itertools.product(found, points):
            assert box(label).covers(Box(x - 1, y - 1, x + 1, y + 1)) == 0


def test_a_label_leaves_free_what_is_taken():
    axis = Box(330, 200, 600, 300)
    (label,) = labels([("F1", 320, 240)], FIELD, [axis])
    assert box(label).covers(axis) == 0
