"""The modules that packs expect to find beside them, in small: `comfy.utils`, `folder_paths`, `comfy_api.latest`.

Written from the published interface. `nodes.packs.modules` says under which names packs find them.
"""
