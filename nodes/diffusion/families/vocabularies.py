"""Where the vocabulary of a text encoder is: in the model's folder, in the file of its weights, or beside it."""

from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, TextFiles, View
from nodes.diffusion.text.unigram import LanguageVocabulary, find_vocabulary, parse_pieces

SPIECE = "spiece_model"
"""How the key ends of a vocabulary that a file brings with it, as bytes."""


def vocabulary_of(contents: Contents, view: View, kind: str) -> LanguageVocabulary:
    """The vocabulary of a text encoder: of the model's folder, out of its file, or from where people keep it.

    Args:
        contents: the file or folder, or the files.
        view: the weights of the text encoder.
        kind: what the vocabulary is called in the folder `tokenizers`.

    Raises:
        ModelFileError: it is nowhere.
    """
    if isinstance(contents, ModelFolder):
        return find_vocabulary(contents.path / view.path.name.replace("text_encoder", "tokenizer"), kind)
    for each in (view, _whole(contents, view)):
        held = next((key for key in each.shapes if key.endswith(SPIECE)), None)
        if held is not None:
            return parse_pieces(each.read(held).contiguous().numpy().tobytes(), view.path.name)
    return find_vocabulary(view.path, kind)


def _whole(contents: Contents, view: View) -> View:
    """All of the file that holds a text encoder."""
    files = contents.files if isinstance(contents, TextFiles) else (contents,)
    return next((file.view() for file in files if isinstance(file, SingleFile) and file.path == view.path), view)
