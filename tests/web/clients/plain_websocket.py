"""The script that people copy: queue, wait for `executing: null`, read the history, fetch the files."""

import json
import sys
import urllib.parse
import urllib.request
import uuid

import websocket

url, graph = sys.argv[1], json.loads(sys.argv[2])
client_id = str(uuid.uuid4())
socket = websocket.WebSocket()
socket.connect(f"ws{url.removeprefix('http')}/ws?clientId={client_id}")
body = json.dumps({"prompt": graph, "client_id": client_id, "extra_data": {"preview_method": "latent2rgb"}}).encode()
with urllib.request.urlopen(urllib.request.Request(f"{url}/prompt", data=body)) as answer:
    prompt_id = json.loads(answer.read())["prompt_id"]
heard, previews = [], 0
while True:
    out = socket.recv()
    if not isinstance(out, str):
        previews += 1
        continue
    message = json.loads(out)
    heard.append(message["type"])
    data = message["data"]
    if message["type"] == "executing" and data["node"] is None and data["prompt_id"] == prompt_id:
        break
socket.close()
with urllib.request.urlopen(f"{url}/history/{prompt_id}") as answer:
    history = json.loads(answer.read())[prompt_id]
pictures = []
for output in history["outputs"].values():
    for image in output.get("images", ()):
        place = {"filename": image["filename"], "subfolder": image["subfolder"], "type": image["type"]}
        with urllib.request.urlopen(f"{url}/view?{urllib.parse.urlencode(place)}") as answer:
            pictures.append(answer.read()[1:4].decode())
found = {"heard": heard, "previews": previews, "status": history["status"]["status_str"], "pictures": pictures}
sys.stdout.write(json.dumps(found))
