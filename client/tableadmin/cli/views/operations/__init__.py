"""Operations as text."""
