"""Files of points: what is right is read, whatever its dress; what is wrong is one sentence, before anything large is done."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from diffviz.domains.plane.own_points import MAX_POINTS, on_lattice, scaled, write_points
from diffviz.domains.plane.point_files import MAX_FILE_BYTES, PICTURE_POINTS, points_in

XY = st.lists(st.tuples(*2 * [st.floats(-1e6, 1e6).map(lambda x: round(x, 3))]), min_size=2, max_size=20)


def expected(points):
    return write_points(on_lattice(scaled(points)))


def npy(array, **named):
    file = io.BytesIO()
    np.save(file, array, **named)
    return file.getvalue()


def png(pixels, mode):
    file = io.BytesIO()
    Image.fromarray(pixels, mode).save(file, "PNG")
    return file.getvalue()


@settings(max_examples=60)
@given(
    XY,
    st.sampled_from([",", ";", "\t", " ", ", ", " ; "]),
    st.sampled_from(["", "x{0}y\n", '"a"{0}"b"\n', "# made by hand\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_table_is_read_whatever_its_dress(points, separator, header, encoding, end):
    text = header.format(separator) + end.join(f"{x}{separator}{y}" for x, y in points)
    assert write_points(points_in(text.encode(encoding))) == expected(points)


@given(XY)
def test_a_comma_is_decimal_where_it_separates_nothing(points):
    text = "x;y\n" + "\n".join(f"{x:.3f};{y:.3f}".replace(".", ",") for x, y in points)
    assert write_points(points_in(text.encode())) == expected(points)


@given(XY, st.sampled_from(["f4", "f8", ">f8", "i4"]), st.booleans())
def test_an_array_is_read_whatever_its_type_and_order(points, dtype, by_columns):
    array = np.array(points).astype(dtype)
    stored = np.asfortranarray(array) if by_columns else array
    assert write_points(points_in(npy(stored))) == expected(array.astype(float))


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x93NUMPY\x01\x00", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"1,2\n"]))
def test_any_bytes_are_points_or_one_sentence(data, start):
    why = "must"
    try:
        assert points_in(start + data).total <= MAX_POINTS
    except ValueError as error:
        why = str(error)
    assert why.startswith("must")
    assert len(why) < 200
    assert "\n" not in why


@given(st.integers(0, 200), st.binary(min_size=1, max_size=4))
def test_a_damaged_array_is_points_or_one_sentence(at, noise):
    data = bytearray(npy(np.arange(20.0).reshape(10, 2)))
    data[at : at + len(noise)] = noise
    why = "must"
    try:
        points_in(bytes(data))
    except ValueError as error:
        why = str(error)
    assert why.startswith("must")


class Trap:
    """Unpickled, it would leave a mark."""

    def __reduce__(self):
        return (exec, ("import builtins; builtins.trapped = True",))


HUGE = npy(np.zeros((2, 2))).replace(b"(2, 2), }" + b" " * 12, b"(2000000000, 2), }" + b" " * 3)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "a file of 1 to 20000 points, not of 0"),
        (b"x,y\n", "a file of 1 to 20000 points, not of 0"),
        (b"1,2,3\n4,5,6", "two numbers a line.*; no line has$"),
        (b"x,y,z\n1,2,3\n", "no line has$"),
        (b"x,y\n1,2\n3,4,5\n", "line 3 has not$"),
        (b"# measured\n\n1,2\n3,four\n5,6", "line 4 has not$"),
        (b"1,2\n3,4\nfive,6\n7,8", "line 3 has not$"),
        (b"1,2\n" * (MAX_POINTS + 10_000), "not of more$"),
        (b"1,2\n3,nan", "finite"),
        (b"1,2\n3,inf", "finite"),
        (b"1,2\n3," + b"4" * 5000, "line 2 has not$"),
        (b"\x00\x01\x02\x03", "CSV, NPY, PNG or JPEG"),
        (b"\xfe\xfa", "CSV, NPY, PNG or JPEG"),
        (b"1" * (MAX_FILE_BYTES + 1), "at most 2 MB"),
        (npy(np.zeros((3, 3))), r"shape \(n, 2\), not \(3, 3\)"),
        (npy(np.zeros(4)), "shape"),
        (npy(np.zeros((30_000, 2))), "not of 30000$"),
        (npy(np.array([[Trap(), 1]], object), allow_pickle=True), "plain numbers"),
        (npy(np.zeros((2, 2), complex)), "plain numbers"),
        (npy(np.zeros((2, 2)))[:-1], "too few numbers"),
        (HUGE, "not of 2000000000"),
        (npy(np.array([[0.0, np.nan]])), "finite"),
        (png(np.full((8, 8), 255, np.uint8), "L"), "dark parts"),
        (png(np.zeros((8, 8, 4), np.uint8), "RGBA"), "dark parts"),
        (png(np.zeros((8, 8), np.uint8), "L")[:45], "damaged|whole"),
        (b"3.lACAAgwBYvnJ9", "points such as"),
    ],
)
def test_what_are_no_points_is_one_sentence(data, why):
    with pytest.raises(ValueError, match=f"^must.*({why})"):
        points_in(data)


def test_nothing_in_an_array_is_executed():
    import builtins

    assert not hasattr(builtins, "trapped")


def test_a_text_of_points_stays_as_it_is():
    text = write_points(on_lattice([[0.5, 2.0], [1.0, 1.0]]))
    assert write_points(points_in(f"{text}\n".encode())) == text


def test_the_darker_a_pixel_the_more_points_and_up_is_up():
    """Black on the left, half as dark on the right, white below: shares within three standard errors of independent draws."""
    pixels = np.full((40, 40), 255, np.uint8)
    pixels[:20, :20], pixels[:20, 20:] = 0, 128
    points = points_in(png(pixels, "L"))
    assert points.total == PICTURE_POINTS
    x = np.repeat(points.xy, points.counts, axis=0)
    left = (x[:, 0] < (x[:, 0].min() + x[:, 0].max()) / 2).mean()
    assert abs(left - 255 / (255 + 127)) < 3 * np.sqrt(0.25 / PICTURE_POINTS)
    tall = np.full((40, 10), 255, np.uint8)
    tall[:4] = 0
    tall[4:, 4:6] = 200
    top = points_in(png(tall, "L")).xy
    assert np.median(top[:, 1]) > 0 > top[:, 1].min()


def test_what_is_transparent_has_no_points():
    pixels = np.zeros((20, 40, 4), np.uint8)
    pixels[:, :20, 3] = 255  # the left half alone is to be seen
    points = points_in(png(pixels, "RGBA"))
    square = points.xy.max(0) - points.xy.min(0)
    assert square[0] == pytest.approx(square[1], rel=0.1)
