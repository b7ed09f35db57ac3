"""Nodes that compute: types, choices, state, coroutines."""

import asyncio


class AnyType(str):
    """A type that differs from nothing."""

    def __ne__(self, other):
        return False


class NumberOrText(str):
    """A type with an opinion of its own."""

    def __ne__(self, other):
        return other not in ("INT", "STRING")


ANY = AnyType("*")


class Show:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": (ANY,)}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "show"
    OUTPUT_NODE = True
    CATEGORY = "test pack"

    def show(self, value):
        return {"ui": {"text": [str(value)]}, "result": (value,)}


class Sum:
    """The docstring is not what people see."""

    DESCRIPTION = "Adds two numbers."

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "a": ("INT", {"default": 1, "min": 0, "max": 100, "step": 1, "tooltip": "The first."}),
                "b": ("INT", {"default": 2, "forceInput": True}),
            },
            "optional": {"scale": ("FLOAT", {"default": 1.0, "round": 0.01, "display": "slider"})},
        }

    RETURN_TYPES = ("INT", "STRING")
    RETURN_NAMES = ("sum",)
    OUTPUT_TOOLTIPS = ("What they give.", "The same in words.")
    FUNCTION = "add"
    CATEGORY = "test pack/numbers"
    EXPERIMENTAL = True

    def add(self, a, b, scale=1.0):
        total = int((a + b) * scale)
        return (total, f"{a} and {b}")


class Count:
    """Remembers on the object how often it ran."""

    def __init__(self):
        self.count = 0

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"start": ("INT", {"default": 0})}}

    @classmethod
    def IS_CHANGED(cls, start):
        return float("nan")

    RETURN_TYPES = ("INT",)
    FUNCTION = "count_up"
    CATEGORY = "test pack"

    def count_up(self, start):
        self.count += 1
        return (start + self.count,)


class Choose:
    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "method": (["fast", "exact", 3],),
                "new_style": ("COMBO", {"options": ["one", "two"], "default": "two"}),
                "either": (NumberOrText("EITHER"),),
            }
        }

    RETURN_TYPES = ("STRING", ["fast", "exact"])
    FUNCTION = "choose"
    CATEGORY = "test pack"
    DEPRECATED = True

    def choose(self, method, new_style, either):
        return (f"{method} {new_style} {either}", "fast")


class Crowd:
    """How many of its kind run at the same time."""

    now = 0
    most = 0

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"number": ("INT", {"default": 0})}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "wait"
    CATEGORY = "test pack"

    async def wait(self, number):
        Crowd.now += 1
        Crowd.most = max(Crowd.most, Crowd.now)
        for _ in range(20):
            await asyncio.sleep(0.001)
        Crowd.now -= 1
        return (number,)


class Careless:
    """Changes its inputs in place, and has one that is called like something of the engine."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"ctx": ("LATENT",), "asked": ("INT", {"default": 1})}}

    RETURN_TYPES = ("LATENT",)
    FUNCTION = "change"
    CATEGORY = "test pack"

    def change(self, ctx, asked):
        ctx["samples"] = ctx["samples"] + asked
        return (ctx,)


class BrowserOnly:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    RETURN_TYPES = ()
    CATEGORY = "test pack"


class Fails:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"message": ("STRING", {"multiline": True, "dynamicPrompts": True})}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "fail"
    CATEGORY = "test pack"

    def fail(self, message):
        raise RuntimeError(message)


class WrongAnswer:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "answer"
    CATEGORY = "test pack"

    def answer(self):
        return 3


NODE_CLASS_MAPPINGS = {
    "PackShow": Show,
    "PackSum": Sum,
    "PackCount": Count,
    "PackChoose": Choose,
    "PackCrowd": Crowd,
    "PackCareless": Careless,
    "PackBrowserOnly": BrowserOnly,
    "PackFails": Fails,
    "PackWrongAnswer": WrongAnswer,
}
