<?php
namespace FreePBX\modules\Pbxsync;

/** PBXSync does not run on this host, or does not answer; the message says why, for people. */
final class Unavailable extends \RuntimeException {
}
