"""Drives a running server with the public comfyui-workflow-client; prints what it found as one line of JSON."""

import json
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from comfyuiclient import ComfyUIClient
from PIL import Image

url, graph, editor = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
found = {}
with tempfile.TemporaryDirectory() as folder:
    for name, data in (("api", graph), ("editor", editor)):
        file = Path(folder) / f"{name}.json"
        file.write_text(json.dumps(data), encoding="utf-8")
        client = ComfyUIClient(urlsplit(url).netloc, str(file))
        client.connect()
        if name == "api":
            client.set_data(key="KSampler", seed=5)
            client.set_data(key="Prompt", text="a blue square")
        else:
            client.set_data(key="LoadImage", image=Image.new("RGB", (24, 16), (255, 0, 0)))
        results = client.generate(["SaveImage"])
        found[name] = {
            key: [list(each.size), list(each.convert("RGB").getpixel((4, 4)))] for key, each in results.items()
        }
        client.close()
sys.stdout.write(json.dumps(found))
