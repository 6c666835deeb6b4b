using Ltx.Inference.TextEncoder;

namespace Ltx.Inference.Tests.TextEncoder;

public class ChatTemplateTests
{
    [Fact]
    public void The_system_text_opens_the_users_turn()
    {
        // chat_text of the golden "generate".
        const string Expected = "<bos><start_of_turn>user\nYou are a helpful assistant.\n\nuser prompt: a red ball<end_of_turn>\n<start_of_turn>model\n";
        Assert.Equal(Expected, ChatTemplate.Render("You are a helpful assistant.", " user prompt: a red ball\n"));
        Assert.Equal("<bos><start_of_turn>user\nhello<end_of_turn>\n<start_of_turn>model\n", ChatTemplate.Render(null, "hello"));
    }
}
