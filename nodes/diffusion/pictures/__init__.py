"""Operations on pictures and masks: tensors of floats in 0..1, channels last."""
