// Command otlpreceiver takes OTLP logs over HTTPS as the specification has it, decodes them by the types of the
// OpenTelemetry Collector, and prints each log record as one line of JSON.
//
//	otlpreceiver CERTIFICATE KEY
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
)

const mostBytes = 64 << 20

type record struct {
	Resource   map[string]any `json:"resource"`
	Scope      string         `json:"scope"`
	Event      string         `json:"event"`
	Time       int64          `json:"time"`
	Observed   int64          `json:"observed"`
	Severity   int32          `json:"severity"`
	Text       string         `json:"severityText"`
	Body       any            `json:"body"`
	Attributes map[string]any `json:"attributes"`
}

func main() {
	if len(os.Args) != 3 {
		fatal(fmt.Errorf("usage: otlpreceiver CERTIFICATE KEY"))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(err)
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	http.HandleFunc("POST /v1/logs", export)
	fatal(http.ServeTLS(listener, nil, os.Args[1], os.Args[2]))
}

func export(writer http.ResponseWriter, incoming *http.Request) {
	kind, _, err := mime.ParseMediaType(incoming.Header.Get("Content-Type"))
	body, readErr := io.ReadAll(http.MaxBytesReader(writer, incoming.Body, mostBytes))
	if err != nil || readErr != nil {
		http.Error(writer, "unreadable", http.StatusBadRequest)
		return
	}
	request := plogotlp.NewExportRequest()
	switch kind {
	case "application/json":
		err = request.UnmarshalJSON(body)
	case "application/x-protobuf":
		err = request.UnmarshalProto(body)
	default:
		http.Error(writer, "neither JSON nor Protobuf", http.StatusUnsupportedMediaType)
		return
	}
	if err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	for _, one := range records(request.Logs()) {
		line, err := json.Marshal(one)
		fatal(err)
		fmt.Printf("%s\n", line)
	}
	answer, err := plogotlp.NewExportResponse().MarshalJSON()
	fatal(err)
	writer.Header().Set("Content-Type", "application/json")
	_, _ = writer.Write(answer)
}

func records(logs plog.Logs) []record {
	var all []record
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, log := range scope.LogRecords().All() {
				all = append(all, record{
					Resource:   resource.Resource().Attributes().AsRaw(),
					Scope:      scope.Scope().Name(),
					Event:      log.EventName(),
					Time:       int64(log.Timestamp()),
					Observed:   int64(log.ObservedTimestamp()),
					Severity:   int32(log.SeverityNumber()),
					Text:       log.SeverityText(),
					Body:       log.Body().AsRaw(),
					Attributes: log.Attributes().AsRaw(),
				})
			}
		}
	}
	return all
}

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
