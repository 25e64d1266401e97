"""The config that a user composes, kept for one browser session."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from mlip_autopipec.errors import ConfigError
from mlip_autopipec.ui.document import Document, Place, read, value_at, with_value, written

_DOCUMENT = "compose.document"
_BASELINE = "compose.baseline"
_REVISION = "compose.revision"
_SOURCE = "compose.source"
_YAML_FAULTS = "compose.yaml_faults"
_YAML_VERSION = "compose.yaml_version"


@dataclass(frozen=True)
class Composition:
    """Form and YAML of one config, in step.

    The form's widgets begin with the *baseline*, a document that stays as it is while the widgets
    change; the YAML, an added item or a removed one make a new baseline and new widgets. The same
    goes for the YAML's widget: a browser that has not seen yet what the form wrote sends the old
    text with whatever the user does next, and its old key keeps that from undoing the form.

    Attributes:
        session: Streamlit's session state, or any mapping.
    """

    session: MutableMapping[Any, Any]

    @property
    def document(self) -> Document | None:
        """The config; None before one was begun."""
        found: Document | None = self.session.get(_DOCUMENT)
        return found

    @property
    def baseline(self) -> Document:
        """What the form's widgets began with."""
        found: Document = self.session[_BASELINE]
        return found

    @property
    def form_key(self) -> str:
        """Begins the keys of the form's widgets."""
        return f"form{self.session[_REVISION]}"

    @property
    def yaml_key(self) -> str:
        """Key of the widget that holds the YAML."""
        return f"compose.yaml.{self.session.get(_YAML_VERSION, 0)}"

    @property
    def source(self) -> str:
        """The YAML, as the user wrote it or as it follows from the form."""
        return str(self.session[_SOURCE])

    @property
    def yaml_faults(self) -> tuple[str, ...]:
        """Why the YAML cannot be read; the form then shows what it held before."""
        return tuple(self.session.get(_YAML_FAULTS, ()))

    def begin(self, source: str) -> None:
        """Begin with YAML that is known to be readable."""
        self._rebase(read(source), source)

    def forget(self) -> None:
        """Begin anew."""
        for key in (_DOCUMENT, _BASELINE, _SOURCE, _YAML_FAULTS):
            self.session.pop(key, None)

    def take_form(self, document: Document) -> bool:
        """Take what the form holds; say whether it differs from before, so that YAML follows."""
        if document == self.document:
            return False
        self.session[_DOCUMENT] = document
        self._write(written(document))
        return True

    def take_yaml(self, source: str, key: str) -> None:
        """Take what the user wrote; if it cannot be read, the document stays.

        Args:
            source: The text.
            key: Of the widget that it was written in; one that the form has replaced is too late.
        """
        if key != self.yaml_key:
            return
        self.session[_SOURCE] = source
        try:
            document = read(source)
        except ConfigError as error:
            self.session[_YAML_FAULTS] = error.faults
            return
        self.session[_YAML_FAULTS] = ()
        if document != self.document:
            self._put(document)

    def change(self, place: Place, changed: Callable[[Any], list[Any]]) -> None:
        """Put another list at a place, made of what is there now (None where nothing is)."""
        current = self.document or {}
        document = with_value(current, place, changed(value_at(current, place)))
        self._rebase(document, written(document))

    def renew_widgets(self) -> None:
        """Draw new widgets: a page that was left has lost what its widgets held."""
        self._rebase(self.document or {}, self.source)

    def _rebase(self, document: Document, source: str) -> None:
        self._put(document)
        self._write(source)

    def _put(self, document: Document) -> None:
        self.session[_DOCUMENT] = document
        self.session[_BASELINE] = document
        self.session[_REVISION] = self.session.get(_REVISION, 0) + 1

    def _write(self, source: str) -> None:
        self.session[_SOURCE] = source
        self.session[_YAML_VERSION] = self.session.get(_YAML_VERSION, 0) + 1
        self.session[_YAML_FAULTS] = ()
