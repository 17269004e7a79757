"""Real faults: servers killed and promoted, networks cut, certificates that do not fit."""
