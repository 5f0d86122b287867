<?php
namespace FreePBX\modules\Pbxsync;

/** HTTP/1.1 over the unix socket of the web admin: no port, no certificate, and only our own group may open it. */
final class SocketLine implements Line {
	private const SECONDS = 5;
	private const CONNECT_MS = 500;
	private const DROP_SECONDS = 0.2;
	private const MOST_BYTES = 4194304;

	private string $socket;

	public function __construct(string $socket) {
		$this->socket = $socket;
	}

	public function send(string $method, string $path, ?array $body, string $ticket): array {
		$request = curl_init('http://pbxsync' . $path);
		$answer = '';
		curl_setopt_array($request, [
			CURLOPT_UNIX_SOCKET_PATH => $this->socket,
			CURLOPT_CUSTOMREQUEST => $method,
			CURLOPT_CONNECTTIMEOUT_MS => self::CONNECT_MS,
			CURLOPT_TIMEOUT => self::SECONDS,
			CURLOPT_FOLLOWLOCATION => false,
			CURLOPT_HTTPHEADER => $this->headers($ticket),
			CURLOPT_WRITEFUNCTION => function ($_request, string $piece) use (&$answer): int {
				$answer .= $piece;
				return strlen($answer) > self::MOST_BYTES ? 0 : strlen($piece);
			},
		]);
		if ($body !== null) {
			curl_setopt($request, CURLOPT_POSTFIELDS, json_encode($body, JSON_THROW_ON_ERROR));
		}
		$done = curl_exec($request);
		$why = curl_errno($request) === CURLE_OPERATION_TIMEDOUT ? _('too slow') : sprintf(_('%s cannot be reached'), $this->socket);
		$status = (int) curl_getinfo($request, CURLINFO_RESPONSE_CODE);
		if ($done === false) {
			throw new Unavailable(sprintf(_('PBXSync does not answer: %s'), $why));
		}
		return [$status, $answer];
	}

	public function drop(string $path, array $body, string $ticket): bool {
		$stream = @stream_socket_client('unix://' . $this->socket, timeout: self::DROP_SECONDS);
		if ($stream === false) {
			return false;
		}
		stream_set_blocking($stream, false);
		$json = (string) json_encode($body);
		$head = ["POST $path HTTP/1.1", 'Host: pbxsync', 'Content-Length: ' . strlen($json), 'Connection: close'];
		$sent = @fwrite($stream, implode("\r\n", [...$head, ...$this->headers($ticket)]) . "\r\n\r\n" . $json);
		fclose($stream);
		return $sent !== false && $sent > 0;
	}

	/** @return string[] */
	private function headers(string $ticket): array {
		return ['Accept: application/json', 'Content-Type: application/json', 'Authorization: Ticket ' . $ticket];
	}
}
