"""Nodes that work on lists, block what follows, or stand for graphs."""

from comfy_execution.graph import ExecutionBlocker
from comfy_execution.graph_utils import GraphBuilder, is_link

from .plain import ANY


class Split:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"text": ("STRING", {"default": "1 2 3"})}}

    RETURN_TYPES = ("INT", "INT")
    OUTPUT_IS_LIST = (True, False)
    FUNCTION = "split"
    CATEGORY = "test pack"

    def split(self, text):
        numbers = [int(each) for each in text.split()]
        return (numbers, len(numbers))


class Total:
    INPUT_IS_LIST = True

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"numbers": ("INT", {"forceInput": True}), "plus": ("INT", {"default": 0})},
            "hidden": {"unique_id": "UNIQUE_ID"},
        }

    @classmethod
    def IS_CHANGED(cls, numbers, plus, unique_id):
        return [numbers, plus, unique_id]

    RETURN_TYPES = ("INT", "STRING")
    FUNCTION = "total"
    CATEGORY = "test pack"

    def total(self, numbers, plus, unique_id):
        return (sum(numbers) + plus[0], unique_id[0])


class Block:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": (ANY,), "blocked": ("BOOLEAN,INT",), "message": ("STRING", {"default": ""})}}

    RETURN_TYPES = (ANY, "STRING")
    FUNCTION = "block"
    CATEGORY = "test pack"

    def block(self, value, blocked, message):
        return (ExecutionBlocker(message or None) if blocked else value, "passed")


class BlockAll(Block):
    RETURN_TYPES = (ANY,)

    def block(self, value, blocked, message):
        return ExecutionBlocker(message or None)


class RawLink:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"link": (ANY, {"rawLink": True})}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "tell"
    CATEGORY = "test pack"

    def tell(self, link):
        return (f"{is_link(link)} {link[0]} {link[1]}",)


class Join:
    """Takes inputs that nobody declared."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "join"
    CATEGORY = "test pack"

    def join(self, **kwargs):
        return (" ".join(f"{name}={kwargs[name]}" for name in sorted(kwargs)),)


class Everything(dict):
    """Says yes to every name."""

    def __contains__(self, name):
        return True

    def __getitem__(self, name):
        return (ANY,)


class Flexible(Join):
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}, "optional": Everything()}


class Twice:
    """Stands for a graph: its value doubled, and the result of another node beside it."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("INT", {"default": 1})}}

    RETURN_TYPES = ("INT", "INT")
    FUNCTION = "expand"
    CATEGORY = "test pack"

    def expand(self, value):
        if value == 0:
            return (0, 0)
        graph = GraphBuilder()
        total = graph.node("PackSum", a=value, b=value)
        show = graph.node("PackShow", "shown", value=total.out(0))
        assert graph.lookup_node("shown") is show
        return {"result": (total.out(0), value), "expand": graph.finalize(), "ui": {"text": ["expanded"]}}


class Repeat:
    """Adds one until there are `times`, each round in an expansion of its own."""

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"value": ("INT", {"default": 0}), "times": ("INT", {"default": 3})},
            "hidden": {"unique_id": "UNIQUE_ID", "dynprompt": "DYNPROMPT"},
        }

    RETURN_TYPES = ("INT",)
    FUNCTION = "repeat"
    CATEGORY = "test pack"

    def repeat(self, value, times, unique_id, dynprompt):
        assert dynprompt.get_node(unique_id)["class_type"] == "PackRepeat"
        assert dynprompt.get_real_node_id(unique_id) in dynprompt.all_node_ids()
        if times == 0:
            return (value,)
        graph = GraphBuilder()
        total = graph.node("PackSum", a=value, b=1)
        rest = graph.node("PackRepeat", "Recurse", value=total.out(0), times=times - 1)
        rest.set_override_display_id(unique_id)
        return {"result": (rest.out(0),), "expand": graph.finalize()}


class Snake:
    """Stands for a graph that bites its tail."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "expand"
    CATEGORY = "test pack"

    def expand(self):
        graph = GraphBuilder()
        first, second = graph.node("PackSum", a=1), graph.node("PackSum", a=1)
        first.set_input("b", second.out(0))
        second.set_input("b", first.out(0))
        return {"result": (first.out(0),), "expand": graph.finalize()}


class Crowds:
    """Stands for coroutines that overlap."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"count": ("INT", {"default": 3})}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "expand"
    CATEGORY = "test pack"

    def expand(self, count):
        graph = GraphBuilder()
        result = graph.node("PackCrowd", number=100).out(0)
        for number in range(1, count):
            other = graph.node("PackCrowd", number=number)
            result = graph.node("PackSum", a=other.out(0), b=result).out(0)
        return {"result": (result,), "expand": graph.finalize()}


NODE_CLASS_MAPPINGS = {
    "PackSplit": Split,
    "PackTotal": Total,
    "PackBlock": Block,
    "PackBlockAll": BlockAll,
    "PackRawLink": RawLink,
    "PackJoin": Join,
    "PackFlexible": Flexible,
    "PackTwice": Twice,
    "PackRepeat": Repeat,
    "PackSnake": Snake,
    "PackCrowds": Crowds,
}
