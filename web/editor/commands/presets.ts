// Keys that other programs taught people. A preset names only what differs; keys that a person bound go before it.

export type KeyPreset = "default" | "comfyui" | "blender";

export const KEY_PRESETS: Readonly<Record<KeyPreset, Readonly<Record<string, readonly string[]>>>> = {
  default: {},
  comfyui: {
    "node.add": ["Tab", "Shift+A", "N"],
    "note.add": [],
    "view.frame": ["."],
    "view.frameAll": ["Shift+F"],
    "view.zoomIn": ["Alt+=", "+", "="],
    "view.zoomOut": ["Alt+-", "-"],
    "panel.settings": ["Mod+,"],
    "edit.pasteLinked": ["Mod+Shift+V"],
  },
  blender: {
    "node.add": ["Shift+A"],
    "node.mute": ["M"],
    "node.collapse": ["H"],
    "group.mute": ["M"],
    "group.collapse": ["H"],
    "group.make": ["Mod+J"],
    "subgraph.make": ["Mod+G"],
    "subgraph.enter": ["Tab"],
    "subgraph.unpack": ["Mod+Alt+G"],
    "group.ungroup": ["Alt+P"],
    "edit.delete": ["X", "Delete", "Backspace"],
    "edit.dissolve": ["Mod+X", "Mod+Delete"],
    "edit.cut": [],
    "edit.duplicate": ["Shift+D"],
    "select.all": ["A", "Mod+A"],
    "select.none": ["Escape", "Alt+A"],
    "view.frame": ["."],
    "view.frameAll": ["Home"],
    "view.minimap": [],
    "help.palette": ["F3", "Mod+K"],
    "help.node": ["F1"],
    "panel.selection": ["N"],
    "note.add": ["Shift+N"],
  },
};
