"""H5P: packages of interactive content, checked, stored by version, and played in a frame that can reach nothing of ours."""
