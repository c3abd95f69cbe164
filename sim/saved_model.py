"""A model saved in a file, or sent to another process."""

from io import BytesIO
from os import PathLike
from typing import TYPE_CHECKING, Any

from sim import state
from sim.config.mistakes import ConfigurationError
from sim.mesa_model import DailyModel

if TYPE_CHECKING:
    from sim.model import AlmatyModel


class SavedModel(DailyModel):
    """A model whose whole state can be saved and loaded."""

    def save(self, path: str | PathLike[str]) -> None:
        """Write the whole state to a file, from which `load` continues.

        Parameters
        ----------
        path : path
            E.g. ``"end_of_burn_in.npz"``. An existing file is replaced atomically.

        Raises
        ------
        StoppedInsideDayError
            If the last day was not completed.
        TypeError
            If the model is an instance of a user-defined class.
        OSError
            If the file cannot be written.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from sim import AlmatyModel, load_scenario
        >>> scenario = load_scenario(overrides=["city.population=300", "city.burn_in_days=60"])
        >>> model = AlmatyModel(scenario)
        >>> with TemporaryDirectory() as folder:
        ...     model.save(Path(folder) / "day_0.npz")
        ...     twin = AlmatyModel.load(Path(folder) / "day_0.npz")
        >>> twin.digest() == model.digest()
        True
        """
        state.save(self._plain("saved"), path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "AlmatyModel":
        """Return a model that continues from a saved one.

        Parameters
        ----------
        path : path
            As given to `save`. Only the version of the model that saved the file can read it.

        Raises
        ------
        ConfigurationError
            If the file is damaged, or of another version of the model: one line.
        FileNotFoundError
            If there is none.
        """
        return _restored(state.read(path))

    def __reduce_ex__(self, protocol: Any) -> Any:
        file = BytesIO()
        state.write(self._plain("pickled"), file)
        return _from_bytes, (file.getvalue(),), self.added_by_users()

    def _plain(self, what: str) -> "AlmatyModel":
        """Return the model itself, unless its class may take other arguments."""
        from sim.model import AlmatyModel

        self.check_it_can_go_on()
        if type(self) is not AlmatyModel:
            raise TypeError(f"a {type(self).__name__} cannot be {what}: create it again")
        return self


def _restored(saved: state.SavedState) -> "AlmatyModel":
    """Return a model in a saved state.

    Raises
    ------
    ConfigurationError
        If it differs from the state that was saved.
    """
    from sim.model import AlmatyModel

    model = AlmatyModel(saved.scenario(), audit=saved.header["audit"], parent=saved)
    if model.digest() != saved.header["digest"]:
        raise ConfigurationError("the saved model is damaged: its digest differs")
    return model


def _from_bytes(content: bytes) -> "AlmatyModel":
    """Return a model that was pickled."""
    return _restored(state.read(content))
