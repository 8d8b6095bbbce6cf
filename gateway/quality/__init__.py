"""What is known about how good a value is, as flags. Pure: no clock, no I/O; memory is bounded and time comes with the readings.

QC flags and never deletes: whatever a test says, the value stays, is marked, and is still evaluated by the alarms. `judgement` says what the
driver's own words mean; `points`, `attenuation` and `witnesses` are the tests, one flag each; `examiner` runs those of one series.
"""

from gateway.quality.examiner import Examiner
from gateway.quality.judgement import flags_of, gross_range, judge, state_of
from gateway.quality.points import spikes

__all__ = ["Examiner", "flags_of", "gross_range", "judge", "spikes", "state_of"]
