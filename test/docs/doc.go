// Package docs runs what the documentation tells its readers to type.
package docs
