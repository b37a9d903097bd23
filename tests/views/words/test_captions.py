"""What a run of words says of given letters."""

from diffviz.experiment import Experiment
from diffviz.telling.words import plain
from diffviz.views.words.captions import summary
from tests.measured import measured


def test_the_summary_counts_the_words_that_agree_with_given_letters():
    e = Experiment(dataset="own_words", own_words="ab 2 ac ba", steps=4, particles=50, schedule="sohl_dickstein")
    for letters, said in (("a_", "2 words of the list agree with a_"), ("b_", "1 word of the list agrees with b_")):
        told = plain(summary(measured(Experiment(**{**e.to_dict(), "letters": letters}))))
        assert told.endswith(f" different; {said}")
    assert plain(summary(measured(e))).endswith(" different; 50 draws of the list itself have 3.00 on average")
