"""A run as a grid: a tile for every cell of its plan, those that do not run with the reason."""

from __future__ import annotations

from collections.abc import Iterator

from musicnb.studio._display import Seat, TaskBoard, price_text
from musicnb.studio._pieces import Piece
from musicnb.studio._run import Run
from musicnb.sweep import Cell
from musicnb.widgets import CardView

_NOT_RUN = "not run"


def show_run(run: Run) -> None:
    """Display a run as a grid labelled by the axes of its plan."""
    grid_of(run).board.show()


def grid_of(run: Run) -> TaskBoard:
    """Make a run's grid: it follows its tasks from now on."""
    board = TaskBoard(label=run.plan.name, axes=run.plan.axes)
    for cell, piece in _in_order(run):
        if piece is None:
            board.board.put(_card_outside(cell))
        elif piece.task is None:
            board.board.put(_card_not_run(piece))
        else:
            board.add(piece.task, seat_of(piece))
    return board


def seat_of(piece: Piece) -> Seat:
    """Say where a piece stands in the grid, and what it is called outside of it."""
    cell = piece.cell
    repeat = piece.repeat if cell.repeats > 1 else 0
    return Seat(piece.name, tuple(cell.labels.values()), repeat)


def _in_order(run: Run) -> Iterator[tuple[Cell, Piece | None]]:
    """Yield the pieces of every cell in the plan's order; None for a cell that has none."""
    pieces: dict[int, list[Piece]] = {}
    for piece in run.pieces:
        pieces.setdefault(piece.cell.number, []).append(piece)
    for cell in run.plan.cells:
        if cell.number not in pieces:
            yield cell, None
        yield from ((cell, piece) for piece in pieces.get(cell.number, ()))


def _card_not_run(piece: Piece) -> CardView:
    cell, seat = piece.cell, seat_of(piece)
    return CardView(
        card_id=f"cell-{cell.number}-{piece.repeat}",
        model=cell.brief.model,
        title=seat.name,
        prompt=cell.brief.prompt,
        status=_NOT_RUN,
        price=price_text(cell.brief.model),
        problem=piece.not_run.removeprefix(f"{_NOT_RUN}: "),
        place=seat.place,
        repeat=seat.repeat,
    )


def _card_outside(cell: Cell) -> CardView:
    return CardView(
        card_id=f"cell-{cell.number}",
        model=cell.brief.model,
        title=cell.name,
        prompt=cell.brief.prompt,
        status="excluded" if cell.left_out else "invalid",
        problem=cell.problem.removeprefix("excluded: "),
        place=tuple(cell.labels.values()),
    )
