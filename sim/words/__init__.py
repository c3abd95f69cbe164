"""Words: the labels that readers see instead of codes, in a catalogue for translators."""
