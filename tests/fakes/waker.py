"""A waker that wakes nobody."""

from dataclasses import dataclass, field


@dataclass
class Wakes:
    """A waker that only writes down whom it was asked to wake."""

    woken: list[str] = field(default_factory=list)

    def execute(self, one: str) -> None:
        self.woken.append(f"execute {one}")

    def rollout(self, one: str) -> None:
        self.woken.append(f"rollout {one}")

    def grant(self, one: str, *, alone: bool = False) -> None:
        self.woken.append(f"grant {one}")
