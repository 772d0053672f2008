using Firn.Protocol.Wire;

namespace Firn.Protocol.Tests.Handshake;

/// <summary>Every mode of one end against every mode of the other, whoever trusts whom, with one cookie and with two.</summary>
public sealed class AdmissionTableTests
{
    private const int AtInitiator = 0, AtAcceptor = 1;

    public static TheoryData<AdmissionMode, AdmissionMode, bool, bool, bool> Table
    {
        get
        {
            var table = new TheoryData<AdmissionMode, AdmissionMode, bool, bool, bool>();
            bool[] either = [false, true];
            foreach (var dialling in Enum.GetValues<AdmissionMode>())
            {
                foreach (var dialled in Enum.GetValues<AdmissionMode>())
                {
                    foreach (var (trusts, isTrusted) in either.SelectMany(_ => either, (a, b) => (a, b)))
                    {
                        table.Add(dialling, dialled, trusts, isTrusted, true);
                        table.Add(dialling, dialled, trusts, isTrusted, false);
                    }
                }
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void What_two_ends_give(AdmissionMode dialling, AdmissionMode dialled, bool trusts, bool isTrusted, bool sameCookie)
    {
        using var a = new TestNode("a@alpha");
        using var b = new TestNode("b@beta", keys: [TestNode.Key(sameCookie ? (byte)1 : (byte)2)]);
        a.Admit(dialling, trusts ? [b.Did] : []);
        b.Admit(dialled, isTrusted ? [a.Did] : []);

        using var talk = new Conversation(a, b).Run();

        var (at, cause) = Expected(dialling, dialled, trusts, isTrusted, sameCookie);
        if (cause is null)
        {
            talk.Failed?.Failure.ShouldBeNull(talk.Failed?.Failure.Message);
            talk.Commit!.Session.ShouldBe(talk.InitiatorSession);
            (talk.AtAcceptor, talk.AtInitiator).ShouldBe((a.Description, b.Description));
            foreach (var message in talk.Sent.Skip(1))
                HandshakeMessage.Read(message).HasMac.ShouldBe(dialling.DemandsCookie(), "a MAC exactly where there is a key for it");
            (talk.Initiator.Cookie is not null, talk.Acceptor.Cookie is not null).ShouldBe((dialling.DemandsCookie(), dialling.DemandsCookie()));
            return;
        }

        var (failedAt, failure) = talk.Failed.ShouldNotBeNull($"expected {cause}");
        (failedAt, failure.Cause).ShouldBe((at, cause.Value));
        (talk.AtAcceptor, talk.AtInitiator).ShouldBe((null, null));
        if (at == AtInitiator)
        {
            talk.Sent.Count.ShouldBe(1, "nothing was told to a node that is not trusted");
            return;
        }

        // The other end is told as much as it may know, and knows why.
        var told = Should.Throw<HandshakeException>(() => talk.Initiator.ReadVerdict(talk.Acceptor.Refuse(failure.Reason)));
        told.IsProved.ShouldBeFalse();
        if (cause == RefusalCause.AdmissionDiffers)
        {
            failure.Failure.ShouldBe(FailureReason.AdmissionDiffers);
            told.Failure.ShouldBe(FailureReason.AdmissionDiffers);
            told.Message.ShouldContain($"admits {((AdmissionMode?)dialled).Describe()}, this node {((AdmissionMode?)dialling).Describe()}");
            failure.Message.ShouldContain($"admits {((AdmissionMode?)dialling).Describe()}, this node {((AdmissionMode?)dialled).Describe()}");
        }
        else
        {
            failure.Failure.ShouldBe(cause == RefusalCause.NotTrusted ? FailureReason.NotTrusted : FailureReason.AuthenticationFailed);
            (told.Cause, told.Failure).ShouldBe((RefusalCause.ProofRefused, FailureReason.AuthenticationFailed));
            told.Message.ShouldContain($"firn trust add {a.Did}");
        }
    }

    /// <summary>The table of docs/protocol.md, written down once more.</summary>
    private static (int At, RefusalCause? Cause) Expected(
        AdmissionMode dialling, AdmissionMode dialled, bool trusts, bool isTrusted, bool sameCookie)
    {
        if (dialling is AdmissionMode.Trust or AdmissionMode.Both && !trusts)
            return (AtInitiator, RefusalCause.NotTrusted);
        if (dialling == AdmissionMode.Trust != (dialled == AdmissionMode.Trust))
            return (AtAcceptor, RefusalCause.AdmissionDiffers);
        if (dialling != AdmissionMode.Trust && !sameCookie)
            return (AtAcceptor, RefusalCause.WrongProof);
        return dialled is AdmissionMode.Trust or AdmissionMode.Both && !isTrusted ? (AtAcceptor, RefusalCause.NotTrusted) : (0, null);
    }

    [Fact]
    public void A_policy_has_a_keyring_exactly_where_a_cookie_is_asked_for()
    {
        using var keyring = new Keyring(TestNode.Key(1));
        Should.Throw<ArgumentException>(() => new AdmissionPolicy(AdmissionMode.Cookie, null, TrustList.Empty));
        Should.Throw<ArgumentException>(() => new AdmissionPolicy(AdmissionMode.Both, null, TrustList.Empty));
        Should.Throw<ArgumentException>(() => new AdmissionPolicy(AdmissionMode.Trust, keyring, TrustList.Empty));
    }

    [Fact]
    public void The_modes_on_the_wire_are_these_and_no_others()
    {
        foreach (var mode in Enum.GetValues<AdmissionMode>())
            AdmissionModes.FromWire(mode.ToWire()).ShouldBe(mode);
        foreach (var unknown in (Admission[])[Admission.Unspecified, (Admission)17])
        {
            AdmissionModes.FromWire(unknown).ShouldBeNull();
            Enum.GetValues<AdmissionMode>().ShouldAllBe(mode => !mode.GoesWith(unknown));
        }
    }
}
