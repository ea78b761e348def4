"""The step `embed`: each clip's words as a vector, and the clips most alike."""

from __future__ import annotations

from preprocess.catalogue.catalogue import Catalogue
from preprocess.embed.neighbours import nearest
from preprocess.embed.store import (
    drop_vectors,
    make_embedder,
    read_vectors,
    store_model,
    store_neighbours,
    store_vectors,
    stored_texts,
)
from preprocess.embed.texts import clip_texts, hashed_texts
from preprocess.pipeline.step import Tell, hashed, hashed_settings
from preprocess.style.model import Style


class EmbedStep:
    """Embeds what is said of each clip and notes each clip's neighbours.

    Texts whose vector stands are not embedded again, unless the model learns from all of them. Vectors are stored
    part by part: after a kill the next run goes on from there. Those of another model stay beside them.
    """

    name = "embed"
    version = 1

    def __init__(self, style: Style) -> None:
        self._settings = style.embed

    @property
    def settings(self) -> str:
        return hashed_settings(self._settings)

    def inputs(self, catalogue: Catalogue) -> str:
        embedder = make_embedder(self._settings)
        return hashed(hashed_texts(catalogue.connection), "" if embedder.learns else embedder.state)

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        embedder = make_embedder(self._settings)
        texts = clip_texts(catalogue.connection)
        embedder.learn(texts.values())
        identity = "" if embedder.learns else embedder.state
        hashes = {slug: hashed(identity, text) for slug, text in texts.items()}
        stored = stored_texts(catalogue, embedder.model)
        drop_vectors(catalogue, embedder.model, stored.keys() - texts.keys())
        slugs = [slug for slug in texts if embedder.learns or stored.get(slug) != hashes[slug]]
        done, total = 0, 2 * len(slugs)  # the neighbours are the other half
        for places, vectors in embedder.parts([texts[slug] for slug in slugs]):
            found = {slugs[at]: vector for at, vector in zip(places, vectors, strict=True)}
            drop_vectors(catalogue, embedder.model, [slug for slug, vector in found.items() if not vector.any()])
            sound = {slug: vector.astype("<f2").tobytes() for slug, vector in found.items() if vector.any()}
            store_vectors(catalogue, embedder.model, hashes, sound)
            done += len(places)
            tell(done, total)
        embedded, whole = read_vectors(catalogue.connection, embedder.model, catalogue.folder)
        with catalogue.transaction():
            near = nearest(whole, lambda rows, of: tell(len(slugs) * (1 + rows / of), total))
            store_neighbours(catalogue, embedder.model, embedded, near)
            store_model(catalogue, embedder)
