"""The benchmark: what the engine costs beside bare libraries and its peers, and what a show asks of a machine."""
