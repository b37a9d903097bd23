"""A person's own list of words: pasted, read from a file, and refused without anything being lost."""

import re

import numpy as np
from playwright.sync_api import expect

from diffviz.domains.words.lists import text_of
from tests.browser.hands import PLAYER, address, opened, wait


def drawn(page):
    """The words of the run on screen, forward and reverse, at t = 0."""
    arrays = [page.evaluate(f"(name) => Array.from({PLAYER}.run.array(name, 0))", name) for name in ("forward", "reverse")]
    return {word for array in arrays for word in text_of(np.reshape(array, (-1, 8)))}


def test_a_list_is_pasted_or_read_from_a_file_and_a_wrong_word_loses_nothing(open_page):
    one_at_a_time = "sampler=random_order&at_once=1&steps=8&particles=60&schedule=sohl_dickstein"
    page = opened(open_page, f"?dataset=own_words&{one_at_a_time}&playing=0&at=0", width=390)
    edit = page.get_by_role("button", name=re.compile("^Your words:"))
    edit.click()
    box = page.get_by_role("dialog", name="Your own words")
    words, status = box.get_by_role("textbox"), box.get_by_role("status")
    use = box.get_by_role("button", name="Use these words")
    expect(status).to_have_text("27 words, entropy 4.755 bits.")
    use.click()  # the example list, which is that of the run on screen
    expect(page.locator("body.dv-changed")).to_have_count(0)

    edit.click()
    expect(use).to_be_enabled()
    words.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text("sun\nmoon\nstar")  # as a paste does
    expect(status).to_have_text("3 words, entropy 1.585 bits.")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    words.fill("sun\nmoon\nstär")
    expect(status).to_have_text(r"Your words must have words of 1 to 8 letters from a to z alone, not 'st\xe4r'.")
    expect(words).to_have_attribute("aria-invalid", "true")
    expect(words).to_have_value("sun\nmoon\nstär")
    expect(use).to_be_disabled()
    words.fill("sun\nmoon 2\nstar")
    expect(status).to_have_text("3 words, entropy 1.5 bits.")
    use.click()
    wait(page, "p.complete && p.run.experiment.own_words === 'moon 2 star sun'")
    assert drawn(page) == {"sun", "moon", "star"}
    assert address(page)["own_words"] == "moon 2 star sun"
    expect(page.locator("body.dv-changed")).to_have_count(0)

    edit.click()
    file = box.get_by_label("A text file of words")
    for bad, sentence in ((b"ant\nelephants\n", "not 'elephants'."), (b"\xff\xfea\x00", "must be a file of text, UTF-8.")):
        file.set_input_files({"name": "bad.txt", "mimeType": "text/plain", "buffer": bad})
        expect(status).to_contain_text(f"{sentence} The words of before are kept.")
        expect(words).to_have_value("moon 2 star sun")
        expect(use).to_be_enabled()
    many = ["".join("abcdefghij"[int(digit)] for digit in str(number)) for number in range(1000, 2000)]
    file.set_input_files({"name": "many.txt", "mimeType": "text/plain", "buffer": "\r\n".join(many).encode()})
    expect(status).to_have_text("1000 words, entropy 9.966 bits. A link cannot hold so many: save them as a file.")
    with page.expect_download() as waiting:
        box.get_by_role("button", name="Save as a file").click()
    assert waiting.value.path().read_text().split() == sorted(many)
    use.click()
    wait(page, "p.complete && p.run.experiment.own_words.length > 4096")
    assert drawn(page) <= set(many)
    assert address(page)["own_words"].startswith("file:")
