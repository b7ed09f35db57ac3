"""Node packs: other people's nodes, written for ComfyUI's protocol or for ours, as node types of this house.

Packs are code. They are imported in workers only, from the places that the operator names (`Settings.packs`) and from
installed packages that declare an entry point of the group `latentloom.nodes`; see `docs/node-packs.md`.
"""
