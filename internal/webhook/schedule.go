package webhook

import "time"

// waits are how long after each failed attempt the next one follows: eight attempts in
// a little more than a day.
var waits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
}

// giveUpAfter is how long an endpoint may fail, with nothing delivered, until it is
// disabled when a delivery fails for good.
const giveUpAfter = 5 * 24 * time.Hour

// next is when a delivery that has failed so many times is tried again; zero for never.
// Up to a fifth is added, so that what failed together does not come back together.
// chance is from 0 to 1.
func next(failed int, now time.Time, chance float64) time.Time {
	if failed < 1 || failed > len(waits) {
		return time.Time{}
	}
	wait := waits[failed-1]
	return now.Add(wait + time.Duration(chance*float64(wait)/5))
}
