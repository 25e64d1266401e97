"""Annotations of config models, taken apart."""

from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo


def unwrapped(annotation: Any) -> tuple[Any, list[Any]]:  # noqa: ANN401 - any annotation
    """Take the metadata off an annotation.

    Example:
        >>> unwrapped(Annotated[Annotated[int, "count"], "positive"])
        (<class 'int'>, ['count', 'positive'])
    """
    metadata: list[Any] = []
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        for part in more:
            metadata += part.metadata if isinstance(part, FieldInfo) else [part]
    return annotation, metadata
