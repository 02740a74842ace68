package telemetry

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// What Prometheus knows them by.
var (
	signInsTotal  = prometheus.NewDesc("signet_sign_ins_total", "Sessions that began, and sign-ins that were refused.", []string{"outcome"}, nil)
	issuedTotal   = prometheus.NewDesc("signet_tokens_issued_total", "Answers with tokens.", []string{"grant_type"}, nil)
	refusedTotal  = prometheus.NewDesc("signet_requests_refused_total", "Refused protocol requests.", []string{"code"}, nil)
	answeredTotal = prometheus.NewDesc("signet_requests_total", "Requests that were answered.", []string{"face", "status"}, nil)
	duration      = prometheus.NewDesc("signet_request_duration_seconds", "How long answers took.", []string{"face"}, nil)
)

// Describe implements prometheus.Collector.
func (c *Counts) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{signInsTotal, issuedTotal, refusedTotal, answeredTotal, duration} {
		descriptions <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Counts) Collect(metrics chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, n int64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	count(signInsTotal, c.signIns.Load(), "succeeded")
	count(signInsTotal, c.signInErrors.Load(), "refused")
	for grant, n := range c.issued {
		count(issuedTotal, n.Load(), grant)
	}
	for code, n := range c.refused {
		count(refusedTotal, n.Load(), string(code))
	}
	for f, name := range faceNames {
		for class := range classes {
			count(answeredTotal, c.answered[f][class].Load(), name, strings.ToLower(classes[class]))
		}
		metrics <- c.durations(Face(f))
	}
}

// durations are those of a face, in one bucket for each doubling.
func (c *Counts) durations(f Face) prometheus.Metric {
	const microseconds = 1e6
	upTo, total := map[float64]uint64{}, uint64(0)
	for b := range buckets {
		total += uint64(c.took[f][b].Load())
		if b%2 == 1 && b < buckets-1 {
			upTo[bucketEnd(b)/microseconds] = total
		}
	}
	return prometheus.MustNewConstHistogram(duration, total, float64(c.spent[f].Load())/microseconds, upTo, faceNames[f])
}
