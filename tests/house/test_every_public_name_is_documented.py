from __future__ import annotations

import pytest

from tests.house.shape import undocumented
from tests.house.source import SOURCE, findings, parse

FULL = '"""Why."""\nclass A:\n    """A."""\n    def f(self):\n        """F."""\n    def _g(self): ...\ndef _h(): ...\n'


@pytest.mark.parametrize("docstring", ['"""Why."""\n', '    """A."""\n', '        """F."""\n'])
def test_a_missing_docstring_is_found(docstring: str) -> None:
    assert not list(undocumented(parse("gateway/a.py", FULL)))
    filler = docstring.split('"')[0] + "...\n"
    assert len(list(undocumented(parse("gateway/a.py", FULL.replace(docstring, filler))))) == 1


def test_every_public_name_is_documented() -> None:
    assert findings(undocumented, *SOURCE) == []
