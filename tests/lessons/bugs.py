"""The numbers that stand in the texts of the lesson."""

import math

from diffviz.spacings import visited_times

CLAIMS = {
    "leading": {"901": lambda a, b: visited_times(b.schedule, 10, "leading")[-1]},
    "stride": {
        "889": lambda a, b: b.times[-2],
        "112": lambda a, b: b.times[2],
        "100": lambda a, b: b.schedule.steps // (len(b.times) - 1),
    },
    "max-churn": {"41": lambda a, b: 100.0 * (math.sqrt(2.0) - 1.0)},
}
