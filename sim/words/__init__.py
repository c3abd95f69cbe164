"""Words: what readers see of codes, in a catalogue that translators can fill."""
