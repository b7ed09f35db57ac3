"""Nodes that are asked before they run: change tokens, checks, lazy inputs."""

import os

from .plain import ANY


class Token:
    """Its token is what the environment says."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("INT", {"default": 0})}, "hidden": {"unique_id": "UNIQUE_ID"}}

    @classmethod
    def IS_CHANGED(cls, value, unique_id):
        return (unique_id, value, os.environ.get("PACK_TOKEN", "").encode())

    RETURN_TYPES = ("INT",)
    FUNCTION = "give"
    CATEGORY = "test pack"

    def give(self, value, unique_id):
        return (value,)


class AsyncToken(Token):
    @classmethod
    async def IS_CHANGED(cls, value, unique_id):
        return os.environ.get("PACK_TOKEN", "")


class Checked:
    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "even": ("INT", {"default": 2, "max": 10}),
                "word": (["a", "b"],),
                "plain": ("INT", {"default": 1, "max": 10}),
            }
        }

    @classmethod
    def VALIDATE_INPUTS(cls, even, word):
        if even is not None and even % 2:
            return f"{even} is odd"
        return word != "forbidden"

    RETURN_TYPES = ("STRING",)
    FUNCTION = "give"
    CATEGORY = "test pack"

    def give(self, even, word, plain):
        return (f"{even} {word} {plain}",)


class CheckedByCoroutine(Checked):
    @classmethod
    async def VALIDATE_INPUTS(cls, **kwargs):
        return "no" if kwargs["plain"] == 13 else True


class ChecksTypes:
    """Takes whatever is linked, if it is a number or a picture."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"thing": ("PICTURE_OR_NUMBER",)}}

    @classmethod
    def VALIDATE_INPUTS(cls, input_types):
        kind = input_types["thing"]
        return True if kind in ("INT", "IMAGE") else f"a {kind} is no picture and no number"

    RETURN_TYPES = ("STRING",)
    FUNCTION = "give"
    CATEGORY = "test pack"

    def give(self, thing):
        return (type(thing).__name__,)


class Switch:
    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"second": ("BOOLEAN", {"default": False})},
            "optional": {"first_value": (ANY, {"lazy": True}), "second_value": (ANY, {"lazy": True})},
            "hidden": {"unique_id": "UNIQUE_ID"},
        }

    RETURN_TYPES = (ANY,)
    FUNCTION = "switch"
    CATEGORY = "test pack"

    def check_lazy_status(self, second, unique_id, first_value=None, second_value=None):
        assert unique_id
        if second and second_value is None:
            return ["second_value"]
        if not second and first_value is None:
            return ["first_value"]
        return []

    def switch(self, second, unique_id, first_value=None, second_value=None):
        return (second_value if second else first_value,)


class AsyncSwitch(Switch):
    async def check_lazy_status(self, **inputs):
        return super().check_lazy_status(**inputs)

    async def switch(self, **inputs):
        return super().switch(**inputs)


NODE_CLASS_MAPPINGS = {
    "PackToken": Token,
    "PackAsyncToken": AsyncToken,
    "PackChecked": Checked,
    "PackCheckedByCoroutine": CheckedByCoroutine,
    "PackChecksTypes": ChecksTypes,
    "PackSwitch": Switch,
    "PackAsyncSwitch": AsyncSwitch,
}
