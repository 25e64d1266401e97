"""The equivariant convolution of SevenNet and MACE, fused into one pass over the edges."""
