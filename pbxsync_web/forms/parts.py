"""Parts of a form that are there several times, numbered: `place-0`, `place-1`; one more, or one taken out."""

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

Form = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Repeated:
    """counted: the field that says how many there are; most: of them; stems: names of the fields of one."""

    counted: str
    most: int
    stems: tuple[str, ...]

    def count(self, form: Form, without: int = 0) -> int:
        """Return how many a form shows; without: where it does not say."""
        text = form.get(self.counted, "")
        return min(int(text), self.most) if text.isascii() and text.isdigit() and len(text) < 4 else without

    def with_one_more(self, form: Form) -> Form:
        """Return the form with an empty one at the end."""
        more = MultiDict(form)
        more[self.counted] = str(min(self.count(form) + 1, self.most))
        return more

    def without_one(self, form: Form, gone: int) -> Form:
        """Return the form without one of them; the others close up."""
        count = self.count(form)
        left = [at for at in range(count) if at != gone]
        mine = {f"{stem}-{at}" for stem in self.stems for at in range(count)}
        less = MultiDict((name, value) for name, value in form.items(multi=True) if name not in mine)
        less[self.counted] = str(len(left))
        for new, old in enumerate(left):
            for stem in self.stems:
                for value in form.getlist(f"{stem}-{old}"):
                    less.add(f"{stem}-{new}", value)
        return less
