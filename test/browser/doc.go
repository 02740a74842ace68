// Package browser clicks through Signet in a real Chromium.
package browser
