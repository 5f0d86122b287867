"""Every dialplan application that Asterisk 18 to 23 documents (`application` in their XML); used by lint.py."""

NAMES = frozenset(
    """
    AddQueueMember ADSIProg AELSub AgentLogin AgentRequest AGI AlarmReceiver AMD Answer AttendedTransfer AudioSocket
    Authenticate BackGround BackgroundDetect BlindTransfer Bridge BridgeAdd BridgeWait Broadcast Busy
    CallCompletionCancel CallCompletionRequest CELGenUserEvent ChangeMonitor ChanIsAvail ChannelRedirect ChanSpy
    ClearHash ConfBridge ConfKick Congestion ContinueWhile ControlPlayback DAHDIAcceptR2Call DAHDIRAS DAHDIScan
    DAHDISendCallreroutingFacility DAHDISendKeypadFacility DateTime DBdeltree DeadAGI Dial Dictate Directory DISA
    DumpChan EAGI Echo Else ElseIf EndIf EndWhile Exec ExecIf ExecIfTime ExitIf ExitWhile ExtenSpy ExternalIVR
    Festival Flash FollowMe ForkCDR GetCPEID Gosub GosubIf Goto GotoIf GotoIfTime Hangup HangupCauseClear
    IAX2Provision ICES If ImportVar Incomplete IVRDemo JabberJoin JabberLeave JabberSend JabberSendGroup JACK Log
    Macro MacroExclusive MacroExit MacroIf MeetMe MeetMeAdmin MeetMeChannelAdmin MeetMeCount MessageSend Milliwatt
    MinivmAccMess MinivmDelete MinivmGreet MinivmMWI MinivmNotify MinivmRecord MixMonitor Monitor Morsecode
    MP3Player MSet MusicOnHold NBScat NoCDR NoOp ODBC_Commit ODBC_Rollback ODBCFinish Originate OSPAuth OSPFinish
    OSPLookup OSPNext Page Park ParkAndAnnounce ParkedCall PauseMonitor PauseQueueMember Pickup PickupChan
    PJSIPHangup PJSIPNotify Playback PlayTones PrivacyManager Proceeding Progress Queue QueueLog QueueUpdate
    RaiseException Read ReadExten ReceiveFAX ReceiveMF ReceiveSF ReceiveText Record Reload RemoveQueueMember
    ResetCDR RetryDial Return Ringing SayAlpha SayAlphaCase SayCountedAdj SayCountedNoun SayDigits SayMoney
    SayNumber SayOrdinal SayPhonetic SayUnixTime SendDTMF SendFAX SendImage SendMF SendSF SendText SendURL Set
    SetAMAFlags SetCallerPres Signal SIPAddHeader SIPDtmfMode SIPRemoveHeader SIPSendCustomINFO SkelGuessNumber
    SLAStation SLATrunk SMS SoftHangup SpeechActivateGrammar SpeechBackground SpeechCreate SpeechDeactivateGrammar
    SpeechDestroy SpeechLoadGrammar SpeechProcessingSound SpeechStart SpeechUnloadGrammar StackPop StartMusicOnHold
    Stasis StasisBroadcast StatsD StopMixMonitor StopMonitor StopMusicOnHold StopPlayTones StoreDTMF StreamEcho
    System TestClient TestServer ToneScan Transfer TryExec TrySystem UnpauseMonitor UnpauseQueueMember UserEvent
    Verbose VMAuthenticate VMSayName VoiceMail VoiceMailMain VoiceMailPlayMsg Wait WaitDigit WaitExten
    WaitForCondition WaitForNoise WaitForRing WaitForSignal WaitForSilence WaitForTone WaitUntil While Zapateller
    """.lower().split()
)
"""In small letters: Asterisk ignores capitals here."""
