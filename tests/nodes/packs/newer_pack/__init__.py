"""A pack of the newer protocol, written to use every part of it. It knows nothing of the engine that loads it."""

import os

from comfy_api.latest import ComfyAPISync, ComfyExtension, io, ui


class Convert(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="NewerConvert",
            display_name="Convert",
            category="test pack/newer",
            description="Writes numbers as text.",
            inputs=[
                io.Int.Input(
                    "number", default=3, min=0, max=9, step=1, tooltip="A number.", control_after_generate=True
                ),
                io.Float.Input("scale", default=1.5, min=0.0, optional=True, round=0.1),
                io.Boolean.Input("loud", default=False, label_on="loud", label_off="quiet"),
                io.Combo.Input("case", options=["lower", "upper"], default="lower"),
                io.String.Input("text", default="x", multiline=True),
                io.MultiType.Input("any_number", types=[io.Int, io.Float], optional=True),
            ],
            outputs=[
                io.String.Output(display_name="words", tooltip="The words."),
                io.Int.Output("count", is_output_list=True),
            ],
            is_experimental=True,
        )

    @classmethod
    def execute(cls, number, loud, case, text, scale=1.0, any_number=None) -> io.NodeOutput:
        words = f"{text} {number * scale} {any_number}{'!' if loud else ''}"
        return io.NodeOutput(words.upper() if case == "upper" else words, [number, number + 1])


class Save(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="NewerSave",
            inputs=[io.Image.Input("images"), io.AnyType.Input("extra", optional=True)],
            outputs=[],
            hidden=[io.Hidden.unique_id, io.Hidden.prompt, io.Hidden.extra_pnginfo],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, images, extra=None):
        assert cls.hidden.prompt[cls.hidden.unique_id]["class_type"] == "NewerSave"
        return io.NodeOutput(ui=ui.PreviewImage(images, cls=cls))


class Say(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="NewerSay", inputs=[io.AnyType.Input("value")], outputs=[io.AnyType.Output()], is_output_node=True
        )

    @classmethod
    async def execute(cls, value):
        return io.NodeOutput(value, ui=ui.PreviewText(str(value)))


class Gather(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        numbers = io.Autogrow.TemplatePrefix(io.Int.Input("number"), prefix="number", min=2, max=5)
        names = io.Autogrow.TemplateNames(io.String.Input("name"), names=["first", "last"], min=0)
        return io.Schema(
            node_id="NewerGather",
            inputs=[
                io.Autogrow.Input("numbers", template=numbers),
                io.Autogrow.Input("names", template=names),
                io.DynamicCombo.Input(
                    "size",
                    options=[
                        io.DynamicCombo.Option("by side", [io.Int.Input("width"), io.Int.Input("height", default=7)]),
                        io.DynamicCombo.Option("by scale", [io.Float.Input("factor", default=0.5, max=2.0)]),
                        io.DynamicCombo.Option("as it is", []),
                    ],
                ),
            ],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, numbers, names, size):
        return io.NodeOutput(f"{sum(numbers.values())} {sorted(names.items())} {sorted(size.items())}")


class Match(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        same = io.MatchType.Template("same", allowed_types=[io.Int, io.String])
        return io.Schema(
            node_id="NewerMatch",
            inputs=[
                io.MatchType.Input("on_true", template=same, lazy=True),
                io.MatchType.Input("on_false", template=same, lazy=True),
                io.Boolean.Input("which"),
            ],
            outputs=[io.MatchType.Output(template=same, display_name="chosen")],
        )

    @classmethod
    def check_lazy_status(cls, which, on_true=None, on_false=None):
        if which and on_true is None:
            return ["on_true"]
        if not which and on_false is None:
            return ["on_false"]
        return []

    @classmethod
    def execute(cls, which, on_true=None, on_false=None):
        return io.NodeOutput(on_true if which else on_false)


@io.comfytype(io_type="THING")
class Thing(io.ComfyTypeIO):
    Type = dict


class Questions(io.ComfyNode):
    """Is asked: whether it changed, whether its inputs are right."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="NewerQuestions",
            inputs=[io.Int.Input("value", max=5), io.Int.Input("other", max=5)],
            outputs=[Thing.Output(), io.Custom("GADGET").Output(display_name="gadget")],
            not_idempotent=True,
            is_deprecated=True,
        )

    @classmethod
    def validate_inputs(cls, value):
        return True if value != 13 else "13 is unlucky"

    @classmethod
    def fingerprint_inputs(cls, value, other):
        return os.environ.get("PACK_TOKEN", "")

    @classmethod
    def execute(cls, value, other):
        ComfyAPISync().execution.set_progress(1, 2)
        return io.NodeOutput({"value": value}, "gadget")


class Use(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="NewerUse",
            inputs=[Thing.Input("thing"), io.Boolean.Input("blocked", default=False)],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, thing, blocked):
        return io.NodeOutput(str(thing), block_execution="nothing to use" if blocked else None)


class Expand(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="NewerExpand", inputs=[io.Int.Input("number")], outputs=[io.String.Output()], enable_expand=True
        )

    @classmethod
    def execute(cls, number):
        from comfy_execution.graph_utils import GraphBuilder

        graph = GraphBuilder()
        inner = graph.node("NewerConvert", number=number, loud=True, case="upper", text="inner")
        return io.NodeOutput(inner.out(0), expand=graph.finalize())


class Total(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="NewerTotal",
            inputs=[io.Int.Input("numbers", force_input=True)],
            outputs=[io.Int.Output()],
            is_input_list=True,
            accept_all_inputs=True,
        )

    @classmethod
    def execute(cls, numbers, **others):
        return (sum(numbers) + sum(sum(each) for each in others.values()),)


class Extension(ComfyExtension):
    async def get_node_list(self):
        return [Convert, Save, Say, Gather, Match, Questions, Use, Expand, Total]


async def comfy_entrypoint():
    return Extension()
